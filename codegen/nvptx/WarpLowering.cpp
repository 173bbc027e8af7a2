//===- WarpLowering.cpp - one stage, from tiles to warps ------------------===//

#include "codegen/nvptx/WarpLowering.h"
#include "codegen/lower/LoopBounds.h"
#include "codegen/nvptx/TileProducts.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace mlir::attn;

static Value indexConstant(ImplicitLocOpBuilder &b, int64_t value) { return arith::ConstantIndexOp::create(b, value); }

static Value toIndex(ImplicitLocOpBuilder &b, Value value) { return arith::IndexCastOp::create(b, b.getIndexType(), value); }

/// Accumulators and scores of more rows do not fit the registers of a warp.
static constexpr int64_t kMostWarpRows = 32;

//===----------------------------------------------------------------------===//
// Preparation
//===----------------------------------------------------------------------===//

/// Finds the sizes of the stage.
LogicalResult WarpLowering::prepare() {
  ForPanelsOp panels;
  FinalizeRowsOp finalize;
  stage.walk([&](Operation *op) {
    if (auto found = dyn_cast<ForPanelsOp>(op); found && !panels)
      panels = found;
    else if (auto found = dyn_cast<FinalizeRowsOp>(op))
      finalize = found;
  });
  if (panels)
    return prepareProducts(panels);
  if (!finalize)
    return stage.emitError("expected a stage that finishes rows, which is what this target can run so far");
  // Results that are merged: two states at a time, so few rows for each warp.
  StateType type = finalize.getState().getType();
  prepareThreads(type.getNormalizer(), {type.getRows(), GpuMachine::kAtomRows, 0, type.getWidth(), /*columnWarps=*/1, /*chains=*/1});
  return success();
}

void WarpLowering::prepareThreads(NormalizerAttrInterface normalizer, FragmentShape fragmentShape) {
  shape = fragmentShape;
  thread.count = shape.tileRows / shape.warpRows * GpuMachine::kWarpThreads;
  b.setInsertionPointToStart(&stage.getBody().front());
  thread.thread = NVVM::ThreadIdXOp::create(b, b.getI32Type());
  thread.lane = arith::AndIOp::create(b, thread.thread, i32Constant(b, GpuMachine::kWarpThreads - 1));
  thread.warp = arith::DivUIOp::create(b, thread.thread, i32Constant(b, GpuMachine::kWarpThreads));
  firstWarpRow = arith::MulIOp::create(b, thread.warp, i32Constant(b, shape.warpRows));
  fragments.emplace(b, normalizer, shape, thread.lane, firstWarpRow);
}

/// Sizes of an attention, and its tiles in shared memory.
LogicalResult WarpLowering::prepareProducts(ForPanelsOp panels) {
  FailureOr<TileWork> work = matchTileWork(panels.getBody().front());
  if (failed(work))
    return failure();
  ViewType keyType = work->keyView.getView().getType(), valueType = work->valueView.getView().getType();
  Type element = keyType.getElementType();
  if (!WarpProduct::canMultiply(element) || valueType.getElementType() != element)
    return stage.emitError("expected keys and values of f32, bf16 or f16 for target ") << machine.name << ", but got " << element << " and "
                                                                                       << valueType.getElementType();
  product = WarpProduct(element, /*isSingle=*/bool(work->precision));
  // Other functions must not spoil what products keep.
  if (product.isSplit())
    stage->setAttr("attn.exact", b.getUnitAttr());
  StateType type = panels.getInitial().getType();
  int64_t tileRows = type.getRows(), panelRows = cast<StateType>(panels.getBody().getArgument(1).getType()).getRows();
  int64_t keys = cast<TileType>(work->keys.getType()).getSize("j"), valueDim = valueType.getFeatures();
  keyDim = keyType.getFeatures();
  // A panel is a warp, or where it has the rows of a warpgroup, each of its warps.
  int64_t warpRows = panelRows > kMostWarpRows ? int64_t(GpuMachine::kAtomRows) : panelRows;

  int64_t elementBytes = product.getElementBytes();
  SharedTileShape querySizes = {tileRows, keyDim, elementBytes}, keySizes = {keys, keyDim, elementBytes}, valueSizes = {keys, valueDim, elementBytes};
  int64_t keyOffset = querySizes.getBytes(), valueOffset = keyOffset + keySizes.getBytes();
  sharedBytes = valueOffset + valueSizes.getBytes();
  if (sharedBytes > machine.sharedBytes)
    return stage.emitError("expected tiles of at most ") << machine.sharedBytes << " bytes of shared memory for target " << machine.name << ", but got "
                                                           << sharedBytes << " for head dims " << keyDim << " and " << valueDim;

  prepareThreads(type.getNormalizer(), {tileRows, warpRows, keys, valueDim, /*columnWarps=*/1, /*chains=*/1});
  auto shared = LLVM::LLVMPointerType::get(b.getContext(), unsigned(NVVM::NVVMMemorySpace::Shared));
  Value base = LLVM::AddressOfOp::create(b, shared, "attn_shared");
  queryTile.emplace(b, thread, base, 0, querySizes, firstWarpRow);
  keyTile.emplace(b, thread, base, keyOffset, keySizes);
  valueTile.emplace(b, thread, base, valueOffset, valueSizes);
  return success();
}

//===----------------------------------------------------------------------===//
// Around the loops
//===----------------------------------------------------------------------===//

void WarpLowering::lowerQueries(PackOp op) {
  auto view = op.getView().getDefiningOp<QueryViewOp>();
  Value first = arith::MulIOp::create(b, op.getTile(), indexConstant(b, shape.tileRows));
  Value count = arith::MulIOp::create(b, view.getCount(), indexConstant(b, view.getGroup()));
  copyRows(b, thread, *queryTile, GlobalView(b, view), toI32(b, first), toI32(b, count), keyDim, isAligned);
  commitCopies(b);
}

/// The first keys of a segment are fetched as soon as it is known which these are.
LogicalResult WarpLowering::lowerSegment(BoundsOp op) {
  auto view = op.getKeys().getDefiningOp<KeyViewOp>();
  FailureOr<LoopBounds> bounds = lowerBounds(b, op);
  if (failed(bounds))
    return failure();
  bool isFirst = segmentEnds.empty();
  segmentEnds[view.getView()] = bounds->hi;
  // Other warps may still read the keys of the segment before this one, behind whose end zeros may be under way.
  if (!isFirst)
    waitForCopies(b, 0);
  Value first = arith::MulIOp::create(b, bounds->lo, indexConstant(b, shape.keys)), end = arith::MulIOp::create(b, bounds->hi, indexConstant(b, shape.keys));
  Value last = toI32(b, arith::MinSIOp::create(b, end, view.getCount()));
  copyRows(b, thread, *keyTile, GlobalView(b, view), toI32(b, first), last, keyDim, isAligned);
  commitCopies(b);
  return success();
}

//===----------------------------------------------------------------------===//
// One key tile
//===----------------------------------------------------------------------===//

LogicalResult WarpLowering::lowerForKeys(ForKeysOp op) {
  auto panelLoops = llvm::to_vector(op.getBody().getOps<ForPanelsOp>());
  if (panelLoops.size() != 1)
    return op.emitOpError("expected one loop over panels in the loop over keys");
  ForPanelsOp panels = panelLoops.front();
  FailureOr<TileWork> work = matchTileWork(panels.getBody().front());
  if (failed(work))
    return failure();
  auto queries = panels.getRows().getDefiningOp<QueryViewOp>();
  SmallVector<RowFragments::ThreadRow> rows = fragments->getThreadRows(queries, panels.getRowTile());
  TileScores extra(*fragments, *work, queries, rows);
  GlobalView keyRows(b, work->keyView), valueRows(b, work->valueView);
  Value width = indexConstant(b, shape.keys), keyCount = work->keyView.getCount();
  Value segmentEnd = arith::MinSIOp::create(b, arith::MulIOp::create(b, segmentEnds.lookup(work->keyView.getView()), width), keyCount);
  // Registers are scarce in the loop: what is counted there has 32 bits.
  Value end = toI32(b, segmentEnd), count = toI32(b, keyCount);
  Value lower = toI32(b, op.getLower()), upper = toI32(b, op.getUpper());
  auto loop = scf::ForOp::create(b, lower, upper, i32Constant(b, 1), fragments->flatten(states.lookup(op.getInitial())));
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(loop.getBody());
  RowFragments::State state = fragments->unflatten(loop.getRegionIterArgs());
  Value first = arith::MulIOp::create(b, loop.getInductionVar(), i32Constant(b, shape.keys)), firstKey = toIndex(b, first);
  Value zero = arith::ShRUIOp::create(b, loop.getInductionVar(), i32Constant(b, 31));
  for (SharedTile *tile : {&*queryTile, &*keyTile, &*valueTile})
    tile->computeAddressesFrom(b, zero);
  // The keys are here, and no warp reads the values of the tile before any more.
  waitForCopies(b, 0);
  copyRows(b, thread, *valueTile, valueRows, first, count, shape.valueDim, isAligned);
  commitCopies(b);
  extra.begin(firstKey);
  auto getRows = [&](unsigned step) { return loadRows(b, product, shape, *queryTile, step); };
  RowFragments::Scores scores = multiplyKeys(b, product, shape, getRows, *keyTile, extra);
  waitForCopies(b, 0);
  copyRows(b, thread, *keyTile, keyRows, arith::AddIOp::create(b, first, i32Constant(b, shape.keys)), end, keyDim, isAligned);
  commitCopies(b);
  extra.finish(scores);
  // A vote costs less than the multiplications where there are more accumulators than scores.
  if (shape.valueDim > shape.keys) {
    fragments->stepAndRescale(work->step, state, scores);
  } else {
    SmallVector<Value> factors = fragments->step(work->step, state.statistics, scores);
    fragments->rescale(factors, state.accumulators);
  }
  addProducts(b, product, shape, scores, *valueTile, state);
  scf::YieldOp::create(b, fragments->flatten(state));
  states[op.getResult()] = fragments->unflatten(loop.getResults());
  return success();
}

//===----------------------------------------------------------------------===//
// Driver
//===----------------------------------------------------------------------===//

LogicalResult WarpLowering::lowerOperation(Operation &op) {
  b.setLoc(op.getLoc());
  b.setInsertionPoint(&op);
  if (auto bounds = dyn_cast<BoundsOp>(op))
    return lowerSegment(bounds);
  if (auto loop = dyn_cast<ForKeysOp>(op))
    return lowerForKeys(loop);
  if (auto finalize = dyn_cast<FinalizeRowsOp>(op))
    fragments->finalize(finalize, states.lookup(finalize.getState()), /*inChunks=*/true);
  else if (auto init = dyn_cast<InitOp>(op))
    states[init.getState()] = fragments->init();
  else if (auto load = dyn_cast<LoadFinishedOp>(op))
    states[load.getState()] = fragments->loadFinished(load);
  else if (auto merge = dyn_cast<MergeStatesOp>(op))
    states[merge.getState()] = fragments->merge(states.lookup(merge.getLhs()), states.lookup(merge.getRhs()));
  else if (auto pack = dyn_cast<PackOp>(op))
    lowerQueries(pack);
  else if (!isa<QueryViewOp, KeyViewOp, StoreOp>(op) && isa_and_nonnull<AttnDialect>(op.getDialect()))
    return op.emitOpError("expected an operation of the schedule phase that ") << machine.name << " can run so far";
  return success();
}

LogicalResult WarpLowering::run() {
  if (failed(prepare()))
    return failure();
  for (Operation &op : llvm::make_early_inc_range(stage.getBody().front()))
    if (failed(lowerOperation(op)))
      return failure();
  eraseTileOperations(stage);
  return success();
}
