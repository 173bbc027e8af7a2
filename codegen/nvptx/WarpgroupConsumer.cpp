//===- WarpgroupConsumer.cpp - the role that computes ---------------------===//

#include "codegen/lower/LoopBounds.h"
#include "codegen/nvptx/OutputTile.h"
#include "codegen/nvptx/RowFragments.h"
#include "codegen/nvptx/SharedTile.h"
#include "codegen/nvptx/TileScores.h"
#include "codegen/nvptx/WarpgroupLowering.h"
#include "codegen/nvptx/WarpgroupPtx.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include <deque>

using namespace mlir;
using namespace mlir::attn;

namespace {
/// What a warpgroup holds between two key tiles.
struct Running {
  RowFragments::State state;
  /// Weights of the last tile as the first operand of a product (i32), which is still to come.
  SmallVector<Value> weights;
  Value isPending; // i1: whether there is such a tile
};

class Consumer : public WarpgroupRole {
public:
  Consumer(ImplicitLocOpBuilder &b, WarpgroupKernel &kernel, func::FuncOp stage, ArrayRef<Operation *> operations);

private:
  SmallVector<Value> getInitialCarried() override { return {i32Constant(b, 0)}; }
  void enterTask(ValueRange carried) override;
  SmallVector<Value> leaveTask() override { return {computed}; }
  void lowerQueries(PackOp op) override;
  LogicalResult lowerTaskBounds(BoundsOp op) override;
  LogicalResult lowerSegment(KeySegment &segment) override;
  void lowerFinalize(FinalizeRowsOp op) override;
  Value takeNextTask(Value use) override;
  void finish() override;

  /// The products of a key tile, on their way to be scores.
  SmallVector<Value> issueScores(TileScores &extra);
  /// The products of the pending weights, on their way.
  void issueOutputs();
  /// The part of a key tile between the two products: scores become weights. Returns the factors of the accumulators.
  SmallVector<Value> step(StepOp step, TileScores &extra, SmallVectorImpl<Value> &scores);
  SmallVector<Value> roundWeights(ArrayRef<Value> weights);
  void lowerFirstTile(StepOp step, TileScores &extra);
  void lowerNextTile(StepOp step, TileScores &extra);
  void beginTile(TileScores &extra, Value tile);
  /// Passes over the next `count` (i32) key tiles, which its rows do not see.
  void passTiles(Value count);
  void finishOutputs();
  void releaseQueries();
  void storeTile(RowStore &store);
  /// Waits for the threads of this warpgroup.
  void synchronize();

  /// The values that loops carry: the running result and the number of key tiles.
  SmallVector<Value> flatten();
  void unflatten(ValueRange values);
  Value getStageBase(Value base, Value stage, int64_t bytes);
  void emitIf(Value condition, llvm::function_ref<void()> body);

  const WarpgroupTiles &tiles;
  std::optional<RowFragments> fragments;
  std::optional<OutputTile> outputTile;
  Value consumer, isFirstLane, isFirstThread, queryBase, keyBase, valueBase;
  Value computed; // i32: key tiles so far
  /// Where the key tiles end that this warpgroup's rows see (i32), of each segment that is not lowered yet; empty where a tile of keys is as long as one of
  /// rows, of which each warpgroup then sees something.
  std::deque<Value> ownEnds;
  Value isIdle; // i1: whether the rows of the task end before this warpgroup's begin; null until the task's first limits are known
  Running running;
};
} // namespace

static Value boolConstant(ImplicitLocOpBuilder &b, bool value) { return arith::ConstantOp::create(b, b.getBoolAttr(value)); }

Consumer::Consumer(ImplicitLocOpBuilder &b, WarpgroupKernel &kernel, func::FuncOp stage, ArrayRef<Operation *> operations)
    : WarpgroupRole(b, kernel, stage, operations), tiles(kernel.tiles) {
  Value warp = arith::SubIOp::create(b, kernel.warp, i32Constant(b, WarpgroupTiles::kWarps));
  consumer = arith::DivUIOp::create(b, warp, i32Constant(b, WarpgroupTiles::kWarps));
  isFirstLane = arith::CmpIOp::create(b, arith::CmpIPredicate::eq, kernel.lane, i32Constant(b, 0));
  Value firstRow = arith::MulIOp::create(b, warp, i32Constant(b, GpuMachine::kAtomRows));
  FragmentShape shape = {tiles.getRows(), GpuMachine::kAtomRows, tiles.keys, tiles.valueDim, /*columnWarps=*/1, /*chains=*/2};
  fragments.emplace(b, kernel.normalizer, shape, kernel.lane, firstRow);
  Value inGroup = arith::AndIOp::create(b, warp, i32Constant(b, WarpgroupTiles::kWarps - 1));
  isFirstThread = arith::AndIOp::create(b, isFirstLane, arith::CmpIOp::create(b, arith::CmpIPredicate::eq, inGroup, i32Constant(b, 0)));
  if (tiles.storesTiles) {
    PanelTile tile = tiles.getOutputTile();
    Value offset = arith::MulIOp::create(b, consumer, i32Constant(b, tile.getBytes()));
    outputTile.emplace(b, tile, offsetShared(b, kernel.shared, offset, tiles.getOutputOffset()), inGroup, kernel.lane);
  }
  Value address = LLVM::PtrToIntOp::create(b, b.getI32Type(), kernel.shared);
  auto base = [&](const PanelTile &tile, int64_t offset, bool isDepthInRows) {
    return tile.buildDescriptorBase(b, arith::AddIOp::create(b, address, i32Constant(b, offset)), isDepthInRows);
  };
  queryBase = getStageBase(base(tiles.getQueryTile(), 0, false), consumer, tiles.getQueryTile().getBytes());
  keyBase = base(tiles.getKeyTile(), tiles.getKeyOffset(), false);
  valueBase = base(tiles.getValueTile(), tiles.getValueOffset(), true);
}

Value Consumer::getStageBase(Value base, Value stage, int64_t bytes) {
  return arith::AddIOp::create(b, base, arith::MulIOp::create(b, stage, i32Constant(b, bytes / 16)));
}

void Consumer::emitIf(Value condition, llvm::function_ref<void()> body) {
  SmallVector<Value> before = flatten();
  auto branch = scf::IfOp::create(b, ValueRange(before).getTypes(), condition, /*withElseRegion=*/true);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(branch.elseBlock());
  scf::YieldOp::create(b, before);
  b.setInsertionPointToStart(branch.thenBlock());
  body();
  scf::YieldOp::create(b, flatten());
  unflatten(branch.getResults());
}

//===----------------------------------------------------------------------===//
// What loops carry
//===----------------------------------------------------------------------===//

SmallVector<Value> Consumer::flatten() {
  SmallVector<Value> values = {computed, running.isPending};
  llvm::append_range(values, running.weights);
  llvm::append_range(values, fragments->flatten(running.state));
  return values;
}

void Consumer::unflatten(ValueRange values) {
  computed = values[0];
  running.isPending = values[1];
  values = values.drop_front(2);
  running.weights.assign(values.begin(), values.begin() + tiles.keys / 4);
  running.state = fragments->unflatten(values.drop_front(tiles.keys / 4));
}

//===----------------------------------------------------------------------===//
// A task
//===----------------------------------------------------------------------===//

void Consumer::enterTask(ValueRange carried) {
  computed = carried[0];
  running.state = fragments->init();
  running.weights.assign(tiles.keys / 4, i32Constant(b, 0));
  running.isPending = boolConstant(b, false);
  isIdle = Value();
}

void Consumer::lowerQueries(PackOp op) {
  if (op.getView().getDefiningOp<QueryViewOp>())
    kernel.getQueryRing(b, consumer).waitUntilFull(b, use);
}

void Consumer::releaseQueries() { arriveIf(b, isFirstLane, kernel.getQueryRing(b, consumer).getEmpty(b, use)); }

Value Consumer::takeNextTask(Value use) {
  Value task = readTask(use);
  arriveIf(b, isFirstLane, kernel.getTaskRing().getEmpty(b, use));
  return task;
}

LogicalResult Consumer::lowerTaskBounds(BoundsOp op) {
  // Of this warpgroup's rows alone.
  Value rowTile = arith::MulIOp::create(b, op.getRowTile(), arith::ConstantIndexOp::create(b, tiles.consumers));
  rowTile = arith::AddIOp::create(b, rowTile, arith::IndexCastOp::create(b, b.getIndexType(), consumer));
  if (!isIdle) {
    auto queries = op.getRows().getDefiningOp<QueryViewOp>();
    Value rows = arith::MulIOp::create(b, queries.getCount(), arith::ConstantIndexOp::create(b, queries.getGroup()));
    Value firstRow = arith::MulIOp::create(b, rowTile, arith::ConstantIndexOp::create(b, WarpgroupTiles::kRows));
    isIdle = arith::CmpIOp::create(b, arith::CmpIPredicate::sge, firstRow, rows);
  }
  if (tiles.keys < tiles.getRows()) {
    auto own = cast<BoundsOp>(b.clone(*op));
    own.getRowTileMutable().assign(rowTile);
    own.setRowTileSize(WarpgroupTiles::kRows);
    FailureOr<LoopBounds> bounds = lowerBounds(b, own);
    if (failed(bounds))
      return failure();
    b.setInsertionPoint(op);
    ownEnds.push_back(toI32(b, bounds->hi));
  }
  return WarpgroupRole::lowerTaskBounds(op);
}

void Consumer::passTiles(Value count) {
  auto pass = scf::ForOp::create(b, i32Constant(b, 0), count, i32Constant(b, 1), ValueRange{computed});
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(pass.getBody());
  Value tile = pass.getRegionIterArg(0);
  for (const BarrierRing &ring : {kernel.getKeyRing(), kernel.getValueRing()}) {
    ring.waitUntilFull(b, tile);
    arriveIf(b, isFirstLane, ring.getEmpty(b, tile));
  }
  scf::YieldOp::create(b, Value(arith::AddIOp::create(b, tile, i32Constant(b, 1))));
  computed = pass.getResult(0);
}

LogicalResult Consumer::lowerSegment(KeySegment &segment) {
  segment.buildBounds(b);
  auto queries = segment.getPanels().getRows().getDefiningOp<QueryViewOp>();
  SmallVector<RowFragments::ThreadRow> rows = fragments->getThreadRows(queries, segment.getPanels().getRowTile());
  std::optional<TileScores> guardedScores, freeScores;
  if (!segment.guarded.empty())
    guardedScores.emplace(*fragments, segment.guardedWork, queries, rows);
  if (segment.free)
    freeScores.emplace(*fragments, segment.freeWork, queries, rows);
  StepOp stepOp = (segment.free ? segment.freeWork : segment.guardedWork).step;
  Value zero = i32Constant(b, 0), one = i32Constant(b, 1);
  // Tiles are passed over while there is none before them: else its weights are still to be multiplied, and tiles that rows do not see are computed.
  Value hidden = zero;
  if (!ownEnds.empty()) {
    hidden = arith::SelectOp::create(b, running.isPending, zero, segment.buildHiddenCount(b, ownEnds.front()));
    ownEnds.pop_front();
  }
  Value freeCount = arith::MaxSIOp::create(b, arith::SubIOp::create(b, segment.getFreeUpper(), segment.getFreeLower()), zero);
  Value all = arith::AddIOp::create(b, segment.getGuardedCount(), freeCount);
  passTiles(arith::SelectOp::create(b, isIdle, all, hidden));
  hidden = arith::SelectOp::create(b, isIdle, segment.getGuardedCount(), hidden);
  Value firstFree = arith::SelectOp::create(b, isIdle, segment.getFreeUpper(), segment.getFreeLower());
  Value hasGuarded = arith::CmpIOp::create(b, arith::CmpIPredicate::sgt, segment.getGuardedCount(), hidden);
  Value hasFree = arith::CmpIOp::create(b, arith::CmpIPredicate::sgt, segment.getFreeUpper(), firstFree);
  Value isFirst = arith::XOrIOp::create(b, running.isPending, boolConstant(b, true));
  isFirst = arith::AndIOp::create(b, isFirst, arith::OrIOp::create(b, hasGuarded, hasFree));
  // The first tile has no products before it to overlap with. A guard does no harm to a tile that needs none.
  emitIf(isFirst, [&] {
    Value tile = arith::SelectOp::create(b, hasGuarded, segment.buildGuardedTile(b, hidden), firstFree);
    TileScores &extra = guardedScores ? *guardedScores : *freeScores;
    beginTile(extra, tile);
    lowerFirstTile(stepOp, extra);
  });
  auto loop = [&](Value lower, Value upper, bool isGuarded) {
    auto keys = scf::ForOp::create(b, lower, upper, one, flatten());
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(keys.getBody());
    unflatten(keys.getRegionIterArgs());
    Value tile = isGuarded ? segment.buildGuardedTile(b, keys.getInductionVar()) : keys.getInductionVar();
    TileScores &extra = isGuarded ? *guardedScores : *freeScores;
    beginTile(extra, tile);
    lowerNextTile(stepOp, extra);
    scf::YieldOp::create(b, flatten());
    unflatten(keys.getResults());
  };
  auto after = [&](Value start, Value wasTaken) -> Value {
    return arith::AddIOp::create(b, start, arith::ExtUIOp::create(b, b.getI32Type(), wasTaken));
  };
  if (!segment.guarded.empty())
    loop(after(hidden, arith::AndIOp::create(b, isFirst, hasGuarded)), segment.getGuardedCount(), /*isGuarded=*/true);
  if (segment.free) {
    Value tookFree = arith::AndIOp::create(b, isFirst, arith::XOrIOp::create(b, hasGuarded, boolConstant(b, true)));
    loop(after(firstFree, tookFree), segment.getFreeUpper(), /*isGuarded=*/false);
  }
  return success();
}

void Consumer::lowerFinalize(FinalizeRowsOp op) {
  releaseQueries();
  emitIf(running.isPending, [&] { finishOutputs(); });
  if (!outputTile)
    return fragments->finalize(op, running.state, /*inChunks=*/true);
  RowStore store(b, op);
  SmallVector<FinalResult> results = fragments->finish(running.state);
  storeTile(store);
  fragments->writeStatistics(store, results);
}

void Consumer::synchronize() {
  // Barrier 0 is that of the whole block.
  Value barrier = arith::AddIOp::create(b, consumer, i32Constant(b, 1));
  NVVM::BarrierOp::create(b, Type(), barrier, i32Constant(b, WarpgroupTiles::kThreads), NVVM::BarrierReductionAttr(), Value());
}

void Consumer::storeTile(RowStore &store) {
  QueryViewOp view = store.getView();
  OutputTile::waitUntilRead(b);
  synchronize();
  outputTile->write(b, kernel.element, running.state.accumulators);
  NVVM::FenceProxyOp::create(b, NVVM::ProxyKind::async_shared, NVVM::SharedSpaceAttr::get(b.getContext(), NVVM::SharedSpace::shared_cta));
  synchronize();
  Value row = arith::MulIOp::create(b, toI32(b, store.getRowTile()), i32Constant(b, tiles.getRows()));
  row = arith::AddIOp::create(b, row, arith::MulIOp::create(b, consumer, i32Constant(b, WarpgroupTiles::kRows)));
  Value map = kernel.mapPointers[kernel.maps.add(view, WarpgroupTiles::kRows)];
  outputTile->store(b, map, [&](int64_t column) { return buildBoxCoordinates(b, view, row, column); }, isFirstThread);
}

/// Shared memory is given back when the block ends.
void Consumer::finish() {
  if (outputTile)
    OutputTile::waitUntilRead(b);
}

//===----------------------------------------------------------------------===//
// One key tile
//===----------------------------------------------------------------------===//

void Consumer::beginTile(TileScores &extra, Value tile) {
  extra.begin(arith::IndexCastOp::create(b, b.getIndexType(), arith::MulIOp::create(b, tile, i32Constant(b, tiles.keys))));
}

SmallVector<Value> Consumer::issueScores(TileScores &extra) {
  BarrierRing ring = kernel.getKeyRing();
  ring.waitUntilFull(b, computed);
  Value queries = getStageBase(queryBase, kernel.getQueryRing(b, consumer).getStage(b, use), tiles.consumers * tiles.getQueryTile().getBytes());
  Value keys = getStageBase(keyBase, ring.getStage(b, computed), tiles.getKeyTile().getBytes());
  WarpgroupProduct product = {kernel.element, tiles.keys, /*isRightTransposed=*/false};
  SmallVector<Value> scores;
  for (int64_t block = 0; !extra.startsFromZero() && block < tiles.keys / 8; ++block)
    llvm::append_range(scores, extra.start(block));
  orderRegisters(b);
  for (int64_t step = 0; step < (tiles.queryDim + 15) / 16; ++step)
    scores = buildWarpgroupProduct(b, product, tiles.getQueryTile().buildDescriptor(b, queries, false, step),
                                   tiles.getKeyTile().buildDescriptor(b, keys, false, step), scores);
  commitProducts(b);
  return scores;
}

void Consumer::issueOutputs() {
  BarrierRing ring = kernel.getValueRing();
  Value tile = arith::SubIOp::create(b, computed, i32Constant(b, 1));
  ring.waitUntilFull(b, tile);
  Value values = getStageBase(valueBase, ring.getStage(b, tile), tiles.getValueTile().getBytes());
  WarpgroupProduct product = {kernel.element, int64_t(fragments->getShape().getValueBlocks()) * 8, /*isRightTransposed=*/true};
  SmallVector<Value> accumulators = flattenFragments(running.state.accumulators);
  orderRegisters(b);
  for (int64_t step = 0; step < tiles.keys / 16; ++step)
    accumulators = buildWarpgroupProduct(b, product, ValueRange(running.weights).slice(4 * step, 4),
                                         tiles.getValueTile().buildDescriptor(b, values, true, step), accumulators);
  commitProducts(b);
  assignFragments(running.state.accumulators, accumulators);
}

SmallVector<Value> Consumer::step(StepOp step, TileScores &extra, SmallVectorImpl<Value> &numbers) {
  RowFragments::Scores scores;
  for (size_t n = 0; n < numbers.size(); n += 4)
    scores.emplace_back(ArrayRef<Value>(numbers).slice(n, 4));
  extra.finish(scores);
  SmallVector<Value> factors = fragments->step(step, running.state.statistics, scores);
  numbers.clear();
  for (const ResultFragment &block : scores)
    llvm::append_range(numbers, block);
  return factors;
}

/// The results of a product, in their order, are the first operand of another one.
SmallVector<Value> Consumer::roundWeights(ArrayRef<Value> weights) {
  SmallVector<Value> words;
  for (size_t pair = 0; pair < weights.size(); pair += 2)
    words.push_back(packPair(b, kernel.element, weights[pair], weights[pair + 1]));
  return words;
}

void Consumer::lowerFirstTile(StepOp stepOp, TileScores &extra) {
  SmallVector<Value> scores = issueScores(extra);
  waitForProducts(b, 0, scores);
  arriveIf(b, isFirstLane, kernel.getKeyRing().getEmpty(b, computed));
  // The accumulators are zero: no factor matters.
  step(stepOp, extra, scores);
  running.weights = roundWeights(scores);
  running.isPending = boolConstant(b, true);
  computed = arith::AddIOp::create(b, computed, i32Constant(b, 1));
}

void Consumer::lowerNextTile(StepOp stepOp, TileScores &extra) {
  SmallVector<Value> scores = issueScores(extra);
  issueOutputs();
  waitForProducts(b, 1, scores);
  arriveIf(b, isFirstLane, kernel.getKeyRing().getEmpty(b, computed));
  SmallVector<Value> accumulators = flattenFragments(running.state.accumulators);
  SmallVector<Value> factors = step(stepOp, extra, scores);
  waitForProducts(b, 0, accumulators);
  assignFragments(running.state.accumulators, accumulators);
  // Behind the wait: until then the weights before these are being read.
  running.weights = roundWeights(scores);
  arriveIf(b, isFirstLane, kernel.getValueRing().getEmpty(b, arith::SubIOp::create(b, computed, i32Constant(b, 1))));
  fragments->rescale(factors, running.state.accumulators);
  computed = arith::AddIOp::create(b, computed, i32Constant(b, 1));
}

void Consumer::finishOutputs() {
  issueOutputs();
  SmallVector<Value> accumulators = flattenFragments(running.state.accumulators);
  waitForProducts(b, 0, accumulators);
  assignFragments(running.state.accumulators, accumulators);
  arriveIf(b, isFirstLane, kernel.getValueRing().getEmpty(b, arith::SubIOp::create(b, computed, i32Constant(b, 1))));
}

std::unique_ptr<WarpgroupRole> attn::createConsumer(ImplicitLocOpBuilder &b, WarpgroupKernel &kernel, func::FuncOp stage,
                                                    ArrayRef<Operation *> operations) {
  return std::make_unique<Consumer>(b, kernel, stage, operations);
}
