//===- StageFewRows.cpp - stages with fewer rows than a panel -------------===//
//
// One query position and the heads of its group: keys and values are streamed once, straight from the tensors, by the decode kernel. The keys
// are always split; a later stage merges the chunks.
//
//===----------------------------------------------------------------------===//

#include "codegen/cpu/DecodeState.h"
#include "codegen/lower/ArgumentBlock.h"
#include "codegen/cpu/lower/RowIntervals.h"
#include "codegen/cpu/lower/ScoreHooks.h"
#include "codegen/cpu/lower/StageLowering.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace mlir::attn;

/// The configuration with which states of this type are handled; the storage type matters to the buffers of queries alone.
static DecodeKernelConfig getFewRowsConfig(const CpuMachine &machine, StateType type, Type storage, int64_t keyDim) {
  return DecodeKernelConfig(machine, storage, keyDim, type.getWidth(), type.getRows());
}

void StageLowering::lowerFewRowsInit(InitOp op) {
  StateType type = op.getState().getType();
  // The keys tell the storage type, which the accumulator's padding depends on.
  Type storage = findStorage();
  DecodeKernelConfig config = getFewRowsConfig(kernels.getMachine(), type, storage, type.getWidth());
  State state = {allocate(config.accumulatorType()), allocate(config.statisticsType(type.getNormalizer()))};
  func::CallOp::create(b, kernels.getDecodeInit(config, type.getNormalizer()), ValueRange{state.accumulators, state.statistics});
  states[op.getState()] = state;
}

/// Element type of the keys of this stage.
Type StageLowering::findStorage() {
  Type storage;
  stage.walk([&](KeyViewOp view) { storage = view.getView().getType().getElementType(); });
  // Without a segment there are no keys.
  return storage ? storage : b.getF32Type();
}

/// 1, or 0 where the view has no row tile of this number: not every residue of a query view has a position.
static Value countPositions(ImplicitLocOpBuilder &b, QueryViewOp view, Value tile) {
  Value left = arith::SubIOp::create(b, view.getCount(), tile);
  return arith::MaxSIOp::create(b, arith::MinSIOp::create(b, left, indexConstant(b, 1)), indexConstant(b, 0));
}

void StageLowering::lowerFewRowsTile(TileWork work, State state) {
  auto rowLoad = work.rows.getDefiningOp<LoadOp>();
  auto rows = rowLoad.getView().getDefiningOp<QueryViewOp>();
  StateType type = work.step.getState().getType();
  ViewType keyType = work.keyView.getView().getType();
  DecodeKernelConfig config = getFewRowsConfig(kernels.getMachine(), type, keyType.getElementType(), keyType.getFeatures());
  config.keyTile = cast<TileType>(work.keys.getType()).getSize("j");
  Value zero = indexConstant(b, 0);
  Value firstRow = arith::MulIOp::create(b, rowLoad.getTile(), indexConstant(b, type.getRows()));

  Value &queries = fewRowsQueries[work.rows];
  if (!queries) {
    queries = allocate(config.queryType());
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointAfter(rowLoad);
    Value row = arith::MulIOp::create(b, rowLoad.getTile(), indexConstant(b, type.getRows()));
    SmallVector<Value> operands = {buildRowsMemRef(rows), queries, row};
    forLoop(b, indexConstant(b, 0), countPositions(b, rows, rowLoad.getTile()), 1, [&](Value) {
      func::CallOp::create(b, kernels.getDecodeQueryPack(config, rows.getGroup()), operands);
    });
  }
  if (!scores)
    scores = allocate(config.scoreType());

  Value base = arith::MulIOp::create(b, work.keyTile, indexConstant(b, config.keyTile));
  Value left = arith::MaxSIOp::create(b, arith::SubIOp::create(b, work.keyView.getCount(), base), zero);
  Value count = arith::MinSIOp::create(b, left, indexConstant(b, config.keyTile));
  auto tileOf = [&](KeyViewOp view) -> Value {
    Type storage = view.getView().getType().getElementType();
    SmallVector<OpFoldResult> offsets = {base, b.getIndexAttr(0)};
    SmallVector<OpFoldResult> sizes = {count, b.getIndexAttr(view.getView().getType().getFeatures())};
    SmallVector<OpFoldResult> strides = {b.getIndexAttr(1), b.getIndexAttr(1)};
    Value tile = memref::SubViewOp::create(b, buildKeysMemRef(view), offsets, sizes, strides);
    return memref::CastOp::create(b, stridedView(2, storage), tile);
  };
  Value keys = tileOf(work.keyView), values = tileOf(work.valueView);

  ScoreTreatment treatment = {work.map, work.restrict, {int64_t(rows.getGroup()), int64_t(rows.getStep()), int64_t(work.keyView.getStep())}};
  Value headBase = arith::MulIOp::create(b, rows.getHead(), indexConstant(b, rows.getGroup()));
  Value firstKey = arith::MulIOp::create(b, base, indexConstant(b, work.keyView.getStep()));
  firstKey = arith::AddIOp::create(b, firstKey, work.keyView.getPhase());
  PositionValues positions = {rows.getBatch(), headBase, firstRow, rows.getOrigin(), rows.getResidue(), firstKey};
  SmallVector<Value> extra = getHookValues(positions, treatment, [](Value value) { return value; });
  SmallVector<Value> operands = {keys, values, queries, state.accumulators, state.statistics, scores, count, work.step.getExponent()};
  if (work.restrict) {
    if (!firstVisible) {
      firstVisible = allocate(getRowIntervalType(kernels.getMachine(), type.getRows(), b.getContext()));
      endVisible = allocate(getRowIntervalType(kernels.getMachine(), type.getRows(), b.getContext()));
    }
    SmallVector<Value> arguments = {rows.getBatch(), rows.getHead()};
    llvm::append_range(arguments, work.restrict.getNumbers());
    arguments.append({firstRow, rows.getOrigin(), base, work.keyView.getCount(), firstVisible, endVisible});
    func::FuncOp intervals = kernels.getRowIntervals(work.restrict.getSegment(), rows.getGroup(), type.getRows(), config.keyTile,
                                                     work.restrict.getNumbers().size());
    func::CallOp::create(b, intervals, arguments);
    for (Value interval : {firstVisible, endVisible}) {
      Value address = memref::ExtractAlignedPointerAsIndexOp::create(b, interval);
      Value integer = arith::IndexCastOp::create(b, b.getI64Type(), address);
      Value pointer = LLVM::IntToPtrOp::create(b, LLVM::LLVMPointerType::get(b.getContext()), integer);
      operands.push_back(buildMemRef(b, config.guardType(), pointer, {}, {}));
    }
  }
  operands.append(extra);
  func::FuncOp kernel =
      kernels.getDecodeKernel(config, type.getNormalizer(), treatment, llvm::to_vector(ValueRange(extra).getTypes()));
  func::CallOp::create(b, kernel, operands);
}

std::pair<Value, Value> StageLowering::getFewRowsSlots(StateType type, Value memory, Value slot, Value count) {
  int64_t width = type.getWidth(), statistics = type.getNormalizer().getInitialStatistics().size();
  int64_t slotNumbers = cast<MemRefType>(memory.getType()).getDimSize(1);
  auto i64 = [&](int64_t value) -> Value { return LLVM::ConstantOp::create(b, b.getI64Type(), b.getI64IntegerAttr(value)); };
  Value address = memref::ExtractAlignedPointerAsIndexOp::create(b, memory);
  Value offset = arith::MulIOp::create(b, slot, indexConstant(b, slotNumbers * int64_t(sizeof(float))));
  Value start = arith::IndexCastOp::create(b, b.getI64Type(), arith::AddIOp::create(b, address, offset));
  Value base = LLVM::IntToPtrOp::create(b, LLVM::LLVMPointerType::get(b.getContext()), start);
  Value parts = arith::IndexCastOp::create(b, b.getI64Type(), count);
  // [parts][heads of the group][one position][numbers]
  auto view = [&](Value pointer, int64_t numbers) {
    return buildMemRef(b, stridedView(4, b.getF32Type()), pointer, {parts, i64(type.getRows()), i64(1), i64(numbers)},
                       {i64(slotNumbers), i64(numbers), i64(numbers), i64(1)});
  };
  Value behind = buildOffsetPointer(b, base, i64(type.getRows() * width * int64_t(sizeof(float))));
  return {view(base, width), view(behind, statistics)};
}

/// One part of [parts][heads][positions][numbers].
static Value takeOnePart(ImplicitLocOpBuilder &b, Value view) {
  auto source = cast<MemRefType>(view.getType());
  SmallVector<OpFoldResult> offsets(4, b.getIndexAttr(0)), strides(4, b.getIndexAttr(1)), sizes = {b.getIndexAttr(1)};
  for (unsigned dim = 1; dim < 4; ++dim)
    sizes.push_back(memref::DimOp::create(b, view, dim).getResult());
  SmallVector<int64_t> shape(3, ShapedType::kDynamic);
  auto reduced = memref::SubViewOp::inferRankReducedResultType(shape, source, offsets, sizes, strides);
  Value part = memref::SubViewOp::create(b, cast<MemRefType>(reduced), view, offsets, sizes, strides);
  return memref::CastOp::create(b, stridedView(3, b.getF32Type()), part);
}

void StageLowering::lowerStorePartial(StorePartialOp op) {
  StateType type = op.getState().getType();
  // Panels were built in their slot.
  if (!isFewRows(type))
    return;
  State state = states.lookup(op.getState());
  auto [outputs, statistics] = getFewRowsSlots(type, op.getMemory(), op.getSlot(), indexConstant(b, 1));
  DecodeKernelConfig config = getFewRowsConfig(kernels.getMachine(), type, findStorage(), type.getWidth());
  func::FuncOp store = kernels.getDecodeStorePartial(config, type.getNormalizer(), type.getRows());
  func::CallOp::create(b, store, ValueRange{state.accumulators, state.statistics, indexConstant(b, 0), takeOnePart(b, outputs),
                                            takeOnePart(b, statistics)});
}

void StageLowering::lowerFewRowsStores(FinalizeRowsOp op, const ResultStores &stores) {
  StateType type = op.getState().getType();
  auto reduce = op.getState().getDefiningOp<ReducePartialsOp>();
  auto [outputs, statistics] = getFewRowsSlots(type, reduce.getMemory(), reduce.getFirst(), reduce.getCount());
  func::FuncOp merge = kernels.getRowMerge(type.getWidth(), type.getNormalizer(), stores.options);
  Value first = indexConstant(b, 0);
  StoreOp output = stores.output;
  Value rows = arith::MulIOp::create(b, countPositions(b, stores.view, output.getIndex()), indexConstant(b, type.getRows()));
  SmallVector<Value> operands = {outputs, statistics, reduce.getCount(), op.getExponent(), first, rows};
  llvm::append_range(operands, stores.memories);
  func::CallOp::create(b, merge, operands);
}
