//===- StreamLowering.cpp - few rows, many keys ---------------------------===//

#include "codegen/nvptx/StreamLowering.h"
#include "codegen/lower/LoopBounds.h"
#include "codegen/nvptx/PartialRows.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace mlir::attn;

static Value indexConstant(ImplicitLocOpBuilder &b, int64_t value) { return arith::ConstantIndexOp::create(b, value); }

static Value toIndex(ImplicitLocOpBuilder &b, Value value) { return arith::IndexCastOp::create(b, b.getIndexType(), value); }

static Value add(ImplicitLocOpBuilder &b, Value value, int64_t number) { return arith::AddIOp::create(b, value, i32Constant(b, number)); }

static Value times(ImplicitLocOpBuilder &b, Value value, int64_t factor) { return arith::MulIOp::create(b, value, i32Constant(b, factor)); }

//===----------------------------------------------------------------------===//
// Preparation
//===----------------------------------------------------------------------===//

/// Finds the sizes of the stage.
LogicalResult StreamLowering::prepare() {
  ForKeysOp loop;
  stage.walk([&](ForKeysOp op) { loop = op; });
  FailureOr<TileWork> work = matchTileWork(loop.getBody().front());
  if (failed(work))
    return failure();
  ViewType keyType = work->keyView.getView().getType(), valueType = work->valueView.getView().getType();
  Type element = keyType.getElementType();
  if (!WarpProduct::canMultiply(element) || valueType.getElementType() != element)
    return stage.emitError("expected keys and values of f32, bf16 or f16 for target ") << machine.name << ", but got " << element << " and "
                                                                                       << valueType.getElementType();
  StateType type = loop.getInitial().getType();
  shape = {type.getRows(), cast<TileType>(work->keys.getType()).getSize("j"), keyType.getFeatures(), valueType.getFeatures(),
           WarpProduct(element, /*isSingle=*/bool(work->precision))};
  // Other functions must not spoil what products keep.
  if (shape.product.isSplit())
    stage->setAttr("attn.exact", b.getUnitAttr());
  if (shape.getSharedBytes() > machine.sharedBytes)
    return stage.emitError("expected tiles of at most ") << machine.sharedBytes << " bytes of shared memory for target " << machine.name << ", but got "
                                                           << shape.getSharedBytes();
  prepareWarps(type.getNormalizer());
  return success();
}

void StreamLowering::prepareWarps(NormalizerAttrInterface normalizer) {
  b.setInsertionPointToStart(&stage.getBody().front());
  thread.count = shape.getWarps() * GpuMachine::kWarpThreads;
  thread.thread = NVVM::ThreadIdXOp::create(b, b.getI32Type());
  thread.lane = arith::AndIOp::create(b, thread.thread, i32Constant(b, GpuMachine::kWarpThreads - 1));
  thread.warp = arith::DivUIOp::create(b, thread.thread, i32Constant(b, GpuMachine::kWarpThreads));
  Value rowWarp = arith::DivUIOp::create(b, thread.warp, i32Constant(b, shape.getKeyWarps()));
  keyWarp = arith::RemUIOp::create(b, thread.warp, i32Constant(b, shape.getKeyWarps()));
  firstWarp = times(b, rowWarp, shape.getKeyWarps());
  firstRow = times(b, rowWarp, shape.getWarpRows());
  Value firstKey = times(b, keyWarp, shape.getWarpKeys());

  auto pointer = LLVM::LLVMPointerType::get(b.getContext(), unsigned(NVVM::NVVMMemorySpace::Shared));
  shared = LLVM::AddressOfOp::create(b, pointer, "attn_shared");
  int64_t ring = shape.getQueryTile().getBytes();
  queryTile.emplace(b, thread, shared, 0, shape.getQueryTile(), firstRow);
  keyTile.emplace(b, thread, shared, ring, shape.getKeyTile(), firstKey);
  valueTile.emplace(b, thread, shared, ring + shape.getKeyTile().getBytes(), shape.getValueTile(), firstKey);
  warpShape = {shape.rows, shape.getWarpRows(), shape.getWarpKeys(), shape.valueDim, /*columnWarps=*/1, /*chains=*/1};
  prepareFragments(normalizer, firstRow);
}

void StreamLowering::prepareFragments(NormalizerAttrInterface normalizer, Value firstRow) {
  fragments.emplace(b, normalizer, warpShape, thread.lane, firstRow);
  FragmentShape joinedShape = {shape.rows, shape.getWarpRows(), 0, shape.valueDim, shape.getKeyWarps(), /*chains=*/1};
  joined.emplace(b, normalizer, joinedShape, thread.lane, firstRow, keyWarp);
}

void StreamLowering::forgetRows() {
  // Copies of single elements leave the assembler less choice: it would keep more in local memory, not less.
  if (!slotBehind || !isAligned)
    return;
  Value zero = arith::ShRUIOp::create(b, slotBehind, i32Constant(b, 31));
  prepareFragments(fragments->getNormalizer(), arith::AddIOp::create(b, firstRow, zero));
  slotBehind = {};
}

//===----------------------------------------------------------------------===//
// Around the loops
//===----------------------------------------------------------------------===//

void StreamLowering::lowerQueries(LoadOp op) {
  auto view = op.getView().getDefiningOp<QueryViewOp>();
  Value first = arith::MulIOp::create(b, op.getTile(), indexConstant(b, shape.rows));
  Value count = arith::MulIOp::create(b, view.getCount(), indexConstant(b, view.getGroup()));
  copyRows(b, thread, *queryTile, GlobalView(b, view), toI32(b, first), toI32(b, count), shape.keyDim, isAligned);
  commitCopies(b);
}

void StreamLowering::fetchTile(const Ring &ring, Value tile, Value slot) {
  Value first = times(b, tile, shape.keys);
  SharedTile keys = keyTile->getMoved(b, slot), values = valueTile->getMoved(b, slot);
  copyRows(b, thread, keys, *ring.keys, first, ring.end, shape.keyDim, isAligned);
  copyRows(b, thread, values, *ring.values, first, ring.end, shape.valueDim, isAligned);
  commitCopies(b);
}

/// The queries were sent for before the first tiles of the ring, which may still be on their way.
void StreamLowering::keepQueries() {
  if (!shape.keepsQueries() || !queries.empty())
    return;
  waitForCopies(b, shape.getRingTiles() - 1);
  for (int64_t step = 0; step < queryTile->getDepthSteps(); ++step)
    queries.push_back(loadRows(b, shape.product, warpShape, *queryTile, step));
}

/// Fills all places of the ring but one.
LogicalResult StreamLowering::lowerSegment(BoundsOp op) {
  auto view = op.getKeys().getDefiningOp<KeyViewOp>();
  // The loop over the last tiles is always there.
  auto loop = dyn_cast<ForKeysOp>(*op.getHi().user_begin());
  FailureOr<TileWork> work = loop ? matchTileWork(loop.getBody().front()) : FailureOr<TileWork>(failure());
  FailureOr<LoopBounds> bounds = failed(work) ? FailureOr<LoopBounds>(failure()) : lowerBounds(b, op);
  if (failed(bounds))
    return failure();
  // Warps may still read the tiles of the segment before, behind whose end zeros may be under way.
  if (!rings.empty())
    waitForCopies(b, 0);
  forgetRows();
  Ring &ring = rings[view.getView()];
  ring.keys.emplace(b, work->keyView);
  ring.values.emplace(b, work->valueView);
  Value end = arith::MulIOp::create(b, bounds->hi, indexConstant(b, shape.keys));
  ring.end = toI32(b, arith::MinSIOp::create(b, end, view.getCount()));
  Value first = toI32(b, bounds->lo);
  for (int64_t tile = 0; tile < shape.getRingTiles() - 1; ++tile)
    fetchTile(ring, add(b, first, tile), i32Constant(b, tile * shape.getTileBytes()));
  ring.slot = i32Constant(b, 0);
  keepQueries();
  return success();
}

const RowFragments::State &StreamLowering::join(Value state) {
  auto [place, isNew] = joinedStates.try_emplace(state);
  if (!isNew)
    return place->second;
  forgetRows();
  if (shape.getKeyWarps() == 1)
    return place->second = fragments->joinLanes(states.lookup(state));
  // The ring is no longer read, and nothing is on its way there.
  waitForCopies(b, 0);
  Value memory = LLVM::GEPOp::create(b, shared.getType(), b.getI8Type(), shared, ArrayRef<LLVM::GEPArg>{int32_t(shape.getQueryTile().getBytes())});
  return place->second = exchangeStates(b, {memory, thread.lane, thread.warp, firstWarp}, shape, *fragments, *joined, states.lookup(state));
}

//===----------------------------------------------------------------------===//
// One key tile
//===----------------------------------------------------------------------===//

void StreamLowering::buildKeyTile(StepOp step, TileScores &extra, Value tile, Value slot, RowFragments::State &state) {
  SharedTile keys = keyTile->getMoved(b, slot), values = valueTile->getMoved(b, slot), rowTile = *queryTile;
  Value zero = arith::ShRUIOp::create(b, tile, i32Constant(b, 31));
  for (SharedTile *operand : {&rowTile, &keys, &values})
    operand->computeAddressesFrom(b, zero);
  // The warp's own keys of the tile.
  extra.begin(toIndex(b, arith::AddIOp::create(b, times(b, tile, shape.keys), times(b, keyWarp, shape.getWarpKeys()))));
  auto getRows = [&](unsigned depth) { return queries.empty() ? loadRows(b, shape.product, warpShape, rowTile, depth) : queries[depth]; };
  RowFragments::Scores scores = multiplyKeys(b, shape.product, warpShape, getRows, keys, extra);
  extra.finish(scores);
  SmallVector<Value> factors = fragments->step(step, state.statistics, scores);
  fragments->rescale(factors, state.accumulators);
  addProducts(b, shape.product, warpShape, scores, values, state);
}

LogicalResult StreamLowering::lowerForKeys(ForKeysOp op) {
  FailureOr<TileWork> work = matchTileWork(op.getBody().front());
  if (failed(work))
    return failure();
  auto rowLoad = work->rows.getDefiningOp<LoadOp>();
  auto view = rowLoad ? rowLoad.getView().getDefiningOp<QueryViewOp>() : QueryViewOp();
  if (!view)
    return op.emitOpError("expected the rows of the loop over keys to be a tile of queries");
  SmallVector<RowFragments::ThreadRow> rows = fragments->getThreadRows(view, rowLoad.getTile());
  TileScores extra(*fragments, *work, view, rows);
  Ring &ring = rings[work->keyView.getView()];
  SmallVector<Value> initial = fragments->flatten(states.lookup(op.getInitial()));
  initial.push_back(ring.slot);
  Value lower = toI32(b, op.getLower()), upper = toI32(b, op.getUpper());
  auto loop = scf::ForOp::create(b, lower, upper, i32Constant(b, 1), initial);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(loop.getBody());
  Value tile = loop.getInductionVar(), slot = loop.getRegionIterArgs().back();
  RowFragments::State state = fragments->unflatten(loop.getRegionIterArgs().drop_back());
  int64_t lastSlot = (shape.getRingTiles() - 1) * shape.getTileBytes();
  // This tile is there; the one before it has been read, and its place is that of the last tile to be sent for.
  waitForCopies(b, shape.getRingTiles() - 2);
  Value isFirst = arith::CmpIOp::create(b, arith::CmpIPredicate::eq, slot, i32Constant(b, 0));
  Value before = arith::SelectOp::create(b, isFirst, i32Constant(b, lastSlot), add(b, slot, -shape.getTileBytes()));
  fetchTile(ring, add(b, tile, shape.getRingTiles() - 1), before);
  buildKeyTile(work->step, extra, tile, slot, state);
  SmallVector<Value> next = fragments->flatten(state);
  Value isLast = arith::CmpIOp::create(b, arith::CmpIPredicate::eq, slot, i32Constant(b, lastSlot));
  next.push_back(arith::SelectOp::create(b, isLast, i32Constant(b, 0), add(b, slot, shape.getTileBytes())));
  scf::YieldOp::create(b, next);
  states[op.getResult()] = fragments->unflatten(loop.getResults().drop_back());
  ring.slot = slotBehind = loop.getResults().back();
  return success();
}

//===----------------------------------------------------------------------===//
// Driver
//===----------------------------------------------------------------------===//

LogicalResult StreamLowering::lowerOperation(Operation &op) {
  b.setLoc(op.getLoc());
  b.setInsertionPoint(&op);
  if (auto bounds = dyn_cast<BoundsOp>(op))
    return lowerSegment(bounds);
  if (auto loop = dyn_cast<ForKeysOp>(op))
    return lowerForKeys(loop);
  if (auto finalize = dyn_cast<FinalizeRowsOp>(op)) {
    const RowFragments::State &state = join(finalize.getState());
    joined->finalize(finalize, state, /*inChunks=*/false);
  } else if (auto store = dyn_cast<StorePartialOp>(op); store && store.getRows()) {
    const RowFragments::State &state = join(store.getState());
    storePartialRows(b, store, *joined, state);
  } else if (auto init = dyn_cast<InitOp>(op)) {
    states[init.getState()] = fragments->init();
  } else if (auto load = dyn_cast<LoadOp>(op)) {
    lowerQueries(load);
  } else if (!isa<QueryViewOp, KeyViewOp, StoreOp>(op) && isa_and_nonnull<AttnDialect>(op.getDialect())) {
    return op.emitOpError("expected an operation of the schedule phase that ") << machine.name << " can run so far";
  }
  return success();
}

LogicalResult StreamLowering::run() {
  if (failed(prepare()))
    return failure();
  for (Operation &op : llvm::make_early_inc_range(stage.getBody().front()))
    if (failed(lowerOperation(op)))
      return failure();
  eraseTileOperations(stage);
  // Rings of 16-bit tiles leave room for other blocks.
  if (shape.product.getElementBytes() > 2)
    stage->setAttr("attn.fills_memory", UnitAttr::get(b.getContext()));
  return success();
}
