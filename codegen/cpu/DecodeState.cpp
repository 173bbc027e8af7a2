//===- DecodeState.cpp - begin, end and merge rows ------------------------===//

#include "codegen/cpu/DecodeState.h"

#include "codegen/cpu/PackedRows.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

namespace mlir::attn {

static constexpr int64_t kUnrolledVectors = 8;

static void forRows(ImplicitLocOpBuilder &b, Value count, llvm::function_ref<void(Value)> body) {
  forLoop(b, indexConstant(b, 0), count, 1, body);
}

static SmallVector<Value> loadStatistics(ImplicitLocOpBuilder &b, Value statistics, unsigned count, Value row) {
  SmallVector<Value> loaded;
  for (unsigned statistic = 0; statistic < count; ++statistic)
    loaded.push_back(memref::LoadOp::create(b, statistics, ValueRange{indexConstant(b, statistic), row}));
  return loaded;
}

/// Copies a row of accumulators, times `factor` unless that is null, to destination[head][position][...].
static void writeRow(ImplicitLocOpBuilder &b, VectorType laneType, int64_t columns, Value accumulators, Value row, Value factor,
                     Value destination, PackedRow place) {
  Type element = cast<MemRefType>(destination.getType()).getElementType();
  forChunks(b, columns, laneType.getNumElements(), kUnrolledVectors, [&](Value column, int64_t count) {
    Value values = loadAligned(b, laneType, accumulators, {row, column});
    if (factor)
      values = arith::MulFOp::create(b, values, splat(b, laneType, factor));
    storePartial(b, narrow(b, values, element), count, destination, {place.head, place.position, column});
  });
}

/// Writes a finished row; `destinations` are the output and what the options ask for.
static void writeFinalRow(ImplicitLocOpBuilder &b, VectorType laneType, int64_t columns, Value accumulators, Value row,
                          const FinalResult &result, const PanelStoreOptions &options, ValueRange destinations,
                          PackedRow place) {
  writeRow(b, laneType, columns, accumulators, row, result.outputFactor, destinations[0], place);
  SmallVector<Value> indices = {place.head, place.position};
  if (options.logSumExp)
    memref::StoreOp::create(b, result.lse, destinations[1], indices);
  if (options.rowMax)
    memref::StoreOp::create(b, result.rowMax, destinations.back(), indices);
}

static void appendDestinationTypes(const PanelStoreOptions &options, SmallVectorImpl<Type> &types) {
  types.push_back(stridedView(3, options.output));
  types.append(options.logSumExp + options.rowMax, rowStatisticView(options.output.getContext()));
}

func::FuncOp emitDecodeQueryPack(ModuleOp module, llvm::StringRef name, const DecodeKernelConfig &config, int64_t group) {
  ImplicitLocOpBuilder b(module.getLoc(), module.getContext());
  func::FuncOp function =
      beginFunction(b, module, name, {stridedView(3, config.storage), config.queryType(), b.getIndexType()});
  unsigned factor = config.atom.getPackFactor();
  forRows(b, indexConstant(b, config.rows), [&](Value row) {
    PackedRow place = locatePackedRow(b, addIndex(b, function.getArgument(2), row), group);
    forChunks(b, config.keyDim, config.chunk(), kUnrolledVectors, [&](Value column, int64_t count) {
      Value loaded =
          loadPartial(b, config.storage, count, config.chunk(), function.getArgument(0), {place.head, place.position, column});
      Value operand = factor == 1 ? widen(b, loaded) : Value(vector::BitCastOp::create(b, config.atom.getLaneType(), loaded));
      Value lane = factor == 1 ? column : Value(arith::ShRUIOp::create(b, column, indexConstant(b, 1)));
      storeAligned(b, operand, function.getArgument(1), {row, lane});
    });
  });
  func::ReturnOp::create(b);
  return function;
}

func::FuncOp emitDecodeInit(ModuleOp module, llvm::StringRef name, const DecodeKernelConfig &config,
                            NormalizerAttrInterface normalizer) {
  ImplicitLocOpBuilder b(module.getLoc(), module.getContext());
  func::FuncOp function = beginFunction(b, module, name, {config.accumulatorType(), config.statisticsType(normalizer)});
  VectorType laneType = config.atom.getLaneType();
  Value zero = indexConstant(b, 0);
  forRows(b, indexConstant(b, config.rows), [&](Value row) {
    forLoop(b, zero, indexConstant(b, config.accumulatorType().getDimSize(1)), laneType.getNumElements(),
            [&](Value column) { storeAligned(b, floatConstant(b, laneType, 0.0), function.getArgument(0), {row, column}); });
    for (auto [statistic, value] : llvm::enumerate(normalizer.getInitialStatistics()))
      memref::StoreOp::create(b, floatConstant(b, b.getF32Type(), value), function.getArgument(1),
                              ValueRange{indexConstant(b, statistic), row});
  });
  func::ReturnOp::create(b);
  return function;
}

func::FuncOp emitDecodeStorePartial(ModuleOp module, llvm::StringRef name, const DecodeKernelConfig &config,
                                    NormalizerAttrInterface normalizer, int64_t group) {
  ImplicitLocOpBuilder b(module.getLoc(), module.getContext());
  Type view = stridedView(3, b.getF32Type());
  func::FuncOp function = beginFunction(
      b, module, name, {config.accumulatorType(), config.statisticsType(normalizer), b.getIndexType(), view, view});
  auto arguments = function.getArguments();
  forRows(b, indexConstant(b, config.rows), [&](Value row) {
    PackedRow place = locatePackedRow(b, addIndex(b, arguments[2], row), group);
    writeRow(b, config.atom.getLaneType(), config.valueDim, arguments[0], row, /*factor=*/Value(), arguments[3], place);
    SmallVector<Value> statistics = loadStatistics(b, arguments[1], normalizer.getInitialStatistics().size(), row);
    for (auto [statistic, value] : llvm::enumerate(statistics))
      memref::StoreOp::create(b, value, arguments[4], ValueRange{place.head, place.position, indexConstant(b, statistic)});
  });
  func::ReturnOp::create(b);
  return function;
}

func::FuncOp emitMerge(ModuleOp module, llvm::StringRef name, const CpuMachine &machine, int64_t valueDim,
                       NormalizerAttrInterface normalizer, const PanelStoreOptions &options) {
  ImplicitLocOpBuilder b(module.getLoc(), module.getContext());
  Type view = stridedView(4, b.getF32Type()), index = b.getIndexType();
  SmallVector<Type> types = {view, view, index, b.getF32Type(), index, index};
  appendDestinationTypes(options, types);
  func::FuncOp function = beginFunction(b, module, name, types);
  auto arguments = function.getArguments();
  Value partialOutputs = arguments[0], partialStatistics = arguments[1], parts = arguments[2], c = arguments[3];
  VectorType laneType = vectorOf(machine.lanes, b.getF32Type());
  int64_t lanes = machine.lanes;
  Value zero = indexConstant(b, 0);
  Value merged = memref::AllocaOp::create(b, denseMatrix(1, roundUp(valueDim, lanes), b.getF32Type()),
                                          b.getI64IntegerAttr(kScratchAlignment));
  auto asFactor = [&](Value factor) { return factor ? factor : floatConstant(b, b.getF32Type(), 1.0); };

  forRows(b, arguments[5], [&](Value row) {
    PackedRow place = locatePackedRow(b, addIndex(b, arguments[4], row), options.group);
    auto loadPart = [&](Value part) {
      SmallVector<Value> statistics;
      for (size_t i = 0; i < normalizer.getInitialStatistics().size(); ++i)
        statistics.push_back(
            memref::LoadOp::create(b, partialStatistics, ValueRange{part, place.head, place.position, indexConstant(b, i)}));
      return statistics;
    };
    auto loadOutputs = [&](Value part, Value column, int64_t count) {
      return loadPartial(b, b.getF32Type(), count, lanes, partialOutputs, {part, place.head, place.position, column});
    };
    forChunks(b, valueDim, lanes, kUnrolledVectors,
              [&](Value column, int64_t count) { storeAligned(b, loadOutputs(zero, column, count), merged, {zero, column}); });
    SmallVector<Value> statistics =
        forLoop(b, indexConstant(b, 1), parts, 1, loadPart(zero), [&](Value part, ValueRange carried) {
          MergeResult both = normalizer.buildMerge(b, carried, loadPart(part), c);
          Value oldFactor = splat(b, laneType, asFactor(both.lhsFactor)),
                newFactor = splat(b, laneType, asFactor(both.rhsFactor));
          forChunks(b, valueDim, lanes, kUnrolledVectors, [&](Value column, int64_t count) {
            Value old = arith::MulFOp::create(b, loadAligned(b, laneType, merged, {zero, column}), oldFactor);
            Value sum = multiplyAddF32(b, machine, loadOutputs(part, column, count), newFactor, old);
            storeAligned(b, sum, merged, {zero, column});
          });
          return both.statistics;
        });
    writeFinalRow(b, laneType, valueDim, merged, zero, normalizer.buildFinalize(b, statistics, c), options,
                  ValueRange(arguments.drop_front(6)), place);
  });
  func::ReturnOp::create(b);
  return function;
}

} // namespace mlir::attn
