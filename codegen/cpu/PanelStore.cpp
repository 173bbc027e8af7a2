//===- PanelStore.cpp - a panel's results into rows -----------------------===//

#include "codegen/cpu/PackedRows.h"
#include "codegen/cpu/PanelPack.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

namespace mlir::attn {

MemRefType rowStatisticView(MLIRContext *context) {
  int64_t dynamic = ShapedType::kDynamic;
  return MemRefType::get({dynamic, dynamic}, Float32Type::get(context),
                         StridedLayoutAttr::get(context, dynamic, {dynamic, dynamic}));
}

namespace {

/// Writes lane vectors of a panel, one group of lanes at a time, to the rows behind the lanes.
class PanelRowWriter {
public:
  PanelRowWriter(ImplicitLocOpBuilder &b, const PanelKernelConfig &config, int64_t group, Value firstRow, Value rowCount)
      : b(b), config(config), lanes(config.atom.getMachine().lanes), group(group), firstRow(firstRow), rowCount(rowCount) {
    MemRefType type = denseMatrix(lanes, lanes, b.getF32Type());
    turned = memref::AllocaOp::create(b, type, b.getI64IntegerAttr(kScratchAlignment));
  }

  /// Calls `body` once for each group of lanes, inside a loop.
  void forLaneGroups(llvm::function_ref<void(Value firstLane)> body) {
    // Lanes without a row are never looked at.
    forLoop(b, indexConstant(b, 0), rowCount, lanes, [&](Value firstLane) {
      Value rest = arith::SubIOp::create(b, rowCount, firstLane);
      laneCount = arith::MinUIOp::create(b, rest, indexConstant(b, lanes));
      body(firstLane);
    });
  }

  /// One number of each row: destination[head][position][suffix...] = value[lane].
  void writeScalars(Value value, Value firstLane, Value destination, ValueRange suffix) {
    storeAligned(b, value, turned, {indexConstant(b, 0), indexConstant(b, 0)});
    forRows(firstLane, [&](Value lane, PackedRow row) {
      SmallVector<Value> indices = {row.head, row.position};
      llvm::append_range(indices, suffix);
      memref::StoreOp::create(b, memref::LoadOp::create(b, turned, ValueRange{indexConstant(b, 0), lane}), destination,
                              indices);
    });
  }

  /// The accumulators of all columns, times `scale` unless that is null.
  void writeColumns(Value accumulators, Value scale, Value firstLane, Value destination) {
    Type element = cast<MemRefType>(destination.getType()).getElementType();
    VectorType laneType = config.atom.getLaneType();
    forChunks(b, config.valueDim, lanes, /*unrollLimit=*/1, [&](Value column, int64_t count) {
      SmallVector<Value> columns(lanes, floatConstant(b, laneType, 0.0));
      for (int64_t i = 0; i < count; ++i) {
        columns[i] = loadAligned(b, laneType, accumulators, {addIndex(b, column, i), firstLane});
        if (scale)
          columns[i] = arith::MulFOp::create(b, columns[i], scale);
      }
      for (auto [lane, row] : llvm::enumerate(transposeLanes(b, columns)))
        storeAligned(b, row, turned, {indexConstant(b, lane), indexConstant(b, 0)});
      forRows(firstLane, [&](Value lane, PackedRow row) {
        Value values = loadAligned(b, laneType, turned, {lane, indexConstant(b, 0)});
        storePartial(b, narrow(b, values, element), count, destination, {row.head, row.position, column});
      });
    });
  }

private:
  void forRows(Value firstLane, llvm::function_ref<void(Value lane, PackedRow row)> body) {
    Value first = arith::AddIOp::create(b, firstRow, firstLane);
    forLoop(b, indexConstant(b, 0), laneCount, 1,
            [&](Value lane) { body(lane, locatePackedRow(b, arith::AddIOp::create(b, first, lane), group)); });
  }

  ImplicitLocOpBuilder &b;
  const PanelKernelConfig &config;
  int64_t lanes, group;
  Value firstRow, rowCount, laneCount;
  /// Lanes as rows, on the way out.
  Value turned;
};

SmallVector<Value> loadStatistics(ImplicitLocOpBuilder &b, VectorType laneType, Value statistics, unsigned count,
                                  Value firstLane) {
  SmallVector<Value> loaded;
  for (unsigned statistic = 0; statistic < count; ++statistic)
    loaded.push_back(loadAligned(b, laneType, statistics, {indexConstant(b, statistic), firstLane}));
  return loaded;
}

} // namespace

func::FuncOp emitPanelStore(ModuleOp module, llvm::StringRef name, const PanelKernelConfig &config,
                            NormalizerAttrInterface normalizer, const PanelStoreOptions &options) {
  ImplicitLocOpBuilder b(module.getLoc(), module.getContext());
  SmallVector<Type> types = {config.accumulatorType(), config.statisticsType(normalizer), b.getF32Type(), b.getIndexType(),
                             b.getIndexType(),         stridedView(3, options.output)};
  types.append(options.logSumExp + options.rowMax, rowStatisticView(b.getContext()));
  func::FuncOp function = beginFunction(b, module, name, types);
  auto arguments = function.getArguments();
  PanelRowWriter writer(b, config, options.group, arguments[3], arguments[4]);
  writer.forLaneGroups([&](Value firstLane) {
    SmallVector<Value> statistics =
        loadStatistics(b, config.atom.getLaneType(), arguments[1], normalizer.getInitialStatistics().size(), firstLane);
    FinalResult row = normalizer.buildFinalize(b, statistics, splat(b, config.atom.getLaneType(), arguments[2]));
    writer.writeColumns(arguments[0], row.outputFactor, firstLane, arguments[5]);
    if (options.logSumExp)
      writer.writeScalars(row.lse, firstLane, arguments[6], {});
    if (options.rowMax)
      writer.writeScalars(row.rowMax, firstLane, arguments.back(), {});
  });
  func::ReturnOp::create(b);
  return function;
}

} // namespace mlir::attn
