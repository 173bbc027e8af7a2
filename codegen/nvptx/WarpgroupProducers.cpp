//===- WarpgroupProducers.cpp - the roles that fetch ----------------------===//

#include "codegen/nvptx/RowFragments.h"
#include "codegen/nvptx/SharedTile.h"
#include "codegen/nvptx/WarpgroupLowering.h"
#include "codegen/nvptx/WarpgroupPtx.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace mlir::attn;

namespace {
/// A warp, one thread of which has copies made. It carries the number of key tiles fetched so far, and what else it counts.
class Producer : public WarpgroupRole {
public:
  using WarpgroupRole::WarpgroupRole;

protected:
  SmallVector<Value> getInitialCarried() override { return {i32Constant(b, 0)}; }
  void enterTask(ValueRange values) override { carried.assign(values.begin(), values.end()); }
  SmallVector<Value> leaveTask() override { return carried; }
  LogicalResult lowerSegment(KeySegment &segment) override;
  /// Fetches the tile whose first row is `row` (i32).
  virtual void copyKeys(KeySegment &segment, Value row) = 0;

  Value getFilled() { return carried.front(); }
  /// Emits `body` for one thread of the warp.
  void once(llvm::function_ref<void()> body);
  void expect(Value barrier, int64_t bytes) {
    NVVM::MBarrierArriveExpectTxOp::create(b, TypeRange(), barrier, i32Constant(b, bytes), NVVM::MemScopeKind::CTA, /*relaxed=*/false, Value());
  }
  /// Stage `stage` (i32) of buffers of `bytes` bytes that begin at `offset`.
  Value getStage(int64_t offset, Value stage, int64_t bytes) {
    return offsetShared(b, kernel.shared, arith::MulIOp::create(b, stage, i32Constant(b, bytes)), offset);
  }
  /// Copies the tile of a view that begins at `row` (i32) to `target`.
  template <typename ViewT>
  void copyTile(const PanelTile &tile, Value target, unsigned map, ViewT view, Value row, Value barrier) {
    for (int64_t panel = 0; panel < tile.getPanels(); ++panel)
      buildBoxCopy(b, offsetShared(b, target, {}, panel * tile.getPanelBytes()), kernel.mapPointers[map],
                   buildBoxCoordinates(b, view, row, panel * PanelTile::kPanelColumns), barrier);
  }

  SmallVector<Value> carried;
};

/// Takes tasks, fetches queries and keys.
class KeyProducer : public Producer {
public:
  using Producer::Producer;

private:
  void enterTask(ValueRange values) override;
  void lowerQueries(PackOp op) override;
  void copyKeys(KeySegment &segment, Value row) override;
  Value takeNextTask(Value use) override;
  void finish() override;

  Value ticket; // i32: what the counter said, in the thread that asked
};

/// Fetches values. Besides tiles it counts those that end before the tile does: their last rows are cleared.
class ValueProducer : public Producer {
public:
  using Producer::Producer;

private:
  SmallVector<Value> getInitialCarried() override { return {i32Constant(b, 0), i32Constant(b, 0)}; }
  void copyKeys(KeySegment &segment, Value row) override;
  Value takeNextTask(Value use) override;
  void copyWhole(KeySegment &segment, Value row);
  void copyPart(KeySegment &segment, Value row, Value count);
};
} // namespace

//===----------------------------------------------------------------------===//
// Both
//===----------------------------------------------------------------------===//

void Producer::once(llvm::function_ref<void()> body) {
  auto branch = scf::IfOp::create(b, NVVM::ElectSyncOp::create(b, b.getI1Type(), Value()), /*withElseRegion=*/false);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(branch.thenBlock());
  body();
}

LogicalResult Producer::lowerSegment(KeySegment &segment) {
  segment.buildBounds(b);
  auto loop = [&](Value lower, Value upper, llvm::function_ref<Value(Value)> getTile) {
    auto tiles = scf::ForOp::create(b, lower, upper, i32Constant(b, 1), carried);
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(tiles.getBody());
    carried.assign(tiles.getRegionIterArgs().begin(), tiles.getRegionIterArgs().end());
    Value tile = getTile(tiles.getInductionVar());
    copyKeys(segment, arith::MulIOp::create(b, tile, i32Constant(b, kernel.tiles.keys)));
    carried.front() = arith::AddIOp::create(b, getFilled(), i32Constant(b, 1));
    scf::YieldOp::create(b, carried);
    carried.assign(tiles.getResults().begin(), tiles.getResults().end());
  };
  if (!segment.guarded.empty())
    loop(i32Constant(b, 0), segment.getGuardedCount(), [&](Value number) { return segment.buildGuardedTile(b, number); });
  if (segment.free)
    loop(segment.getFreeLower(), segment.getFreeUpper(), [](Value tile) { return tile; });
  return success();
}

//===----------------------------------------------------------------------===//
// Keys
//===----------------------------------------------------------------------===//

/// The counter is asked before anything is copied: its answer arrives in the meantime.
void KeyProducer::enterTask(ValueRange values) {
  Producer::enterTask(values);
  // What the counter says stays in the lane that asked, which is the one that passes it on.
  Value isFirst = arith::CmpIOp::create(b, arith::CmpIPredicate::eq, kernel.lane, i32Constant(b, 0));
  auto ask = scf::IfOp::create(b, TypeRange{b.getI32Type()}, isFirst, /*withElseRegion=*/true);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(ask.thenBlock());
  Value taken = LLVM::AtomicRMWOp::create(b, LLVM::AtomicBinOp::add, kernel.counters, i32Constant(b, 1), LLVM::AtomicOrdering::monotonic);
  scf::YieldOp::create(b, Value(arith::AddIOp::create(b, taken, kernel.grid)));
  b.setInsertionPointToStart(ask.elseBlock());
  scf::YieldOp::create(b, i32Constant(b, 0));
  ticket = ask.getResult(0);
}

void KeyProducer::lowerQueries(PackOp op) {
  auto view = op.getView().getDefiningOp<QueryViewOp>();
  if (!view)
    return;
  const WarpgroupTiles &tiles = kernel.tiles;
  PanelTile tile = tiles.getQueryTile();
  unsigned map = kernel.maps.add(view, tile.rows);
  Value first = arith::MulIOp::create(b, toI32(b, op.getTile()), i32Constant(b, tiles.getRows()));
  for (int64_t consumer = 0; consumer < tiles.consumers; ++consumer) {
    BarrierRing ring = kernel.getQueryRing(b, i32Constant(b, consumer));
    ring.waitUntilEmpty(b, use);
    Value number = arith::AddIOp::create(b, arith::MulIOp::create(b, ring.getStage(b, use), i32Constant(b, tiles.consumers)), i32Constant(b, consumer));
    Value target = getStage(0, number, tile.getBytes()), full = ring.getFull(b, use);
    Value row = arith::AddIOp::create(b, first, i32Constant(b, consumer * tile.rows));
    once([&] {
      expect(full, tile.getBytes());
      copyTile(tile, target, map, view, row, full);
    });
  }
}

void KeyProducer::copyKeys(KeySegment &segment, Value row) {
  const WarpgroupTiles &tiles = kernel.tiles;
  PanelTile tile = tiles.getKeyTile();
  BarrierRing ring = kernel.getKeyRing();
  unsigned map = kernel.maps.add(segment.getKeys(), tile.rows);
  ring.waitUntilEmpty(b, getFilled());
  Value target = getStage(tiles.getKeyOffset(), ring.getStage(b, getFilled()), tile.getBytes()), full = ring.getFull(b, getFilled());
  once([&] {
    expect(full, tile.getBytes());
    copyTile(tile, target, map, segment.getKeys(), row, full);
  });
}

Value KeyProducer::takeNextTask(Value use) {
  BarrierRing ring = kernel.getTaskRing();
  ring.waitUntilEmpty(b, use);
  Value slot = kernel.getTaskSlot(b, use), full = ring.getFull(b, use);
  Value isFirst = arith::CmpIOp::create(b, arith::CmpIPredicate::eq, kernel.lane, i32Constant(b, 0));
  auto branch = scf::IfOp::create(b, isFirst, /*withElseRegion=*/false);
  {
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(branch.thenBlock());
    LLVM::StoreOp::create(b, ticket, slot);
    arriveIf(b, arith::ConstantOp::create(b, b.getBoolAttr(true)), full);
  }
  NVVM::SyncWarpOp::create(b, i32Constant(b, -1));
  Value task = readTask(use);
  NVVM::SyncWarpOp::create(b, i32Constant(b, -1));
  return task;
}

/// The last block leaves the counters as it found them.
void KeyProducer::finish() {
  once([&] {
    Value doneCounter = LLVM::GEPOp::create(b, kernel.counters.getType(), b.getI32Type(), kernel.counters, ArrayRef<LLVM::GEPArg>{1});
    Value before = LLVM::AtomicRMWOp::create(b, LLVM::AtomicBinOp::add, doneCounter, i32Constant(b, 1), LLVM::AtomicOrdering::monotonic);
    Value isLast = arith::CmpIOp::create(b, arith::CmpIPredicate::eq, before, arith::SubIOp::create(b, kernel.grid, i32Constant(b, 1)));
    auto branch = scf::IfOp::create(b, isLast, /*withElseRegion=*/false);
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(branch.thenBlock());
    LLVM::StoreOp::create(b, i32Constant(b, 0), kernel.counters);
    LLVM::StoreOp::create(b, i32Constant(b, 0), doneCounter);
  });
}

//===----------------------------------------------------------------------===//
// Values
//===----------------------------------------------------------------------===//

/// Whether a number comes from memory, as lengths do, and not from sizes and numbers of the call alone.
static bool isFromMemory(Value value) {
  Operation *op = value.getDefiningOp();
  return op && (isa<memref::LoadOp>(op) || llvm::any_of(op->getOperands(), isFromMemory));
}

void ValueProducer::copyKeys(KeySegment &segment, Value row) {
  // Beyond a tensor's end TMA delivers zeros. Beyond a length lies data, and weights of zero do not hide what is not a number.
  Value count = segment.getValues().getCount();
  if (!isFromMemory(count))
    return copyWhole(segment, row);
  Value left = arith::SubIOp::create(b, toI32(b, count), row);
  Value isWhole = arith::CmpIOp::create(b, arith::CmpIPredicate::sge, left, i32Constant(b, kernel.tiles.keys));
  auto branch = scf::IfOp::create(b, TypeRange{b.getI32Type()}, isWhole, /*withElseRegion=*/true);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(branch.thenBlock());
  copyWhole(segment, row);
  scf::YieldOp::create(b, carried[1]);
  b.setInsertionPointToStart(branch.elseBlock());
  copyPart(segment, row, left);
  scf::YieldOp::create(b, Value(arith::AddIOp::create(b, carried[1], i32Constant(b, 1))));
  carried[1] = branch.getResult(0);
}

void ValueProducer::copyWhole(KeySegment &segment, Value row) {
  const WarpgroupTiles &tiles = kernel.tiles;
  PanelTile tile = tiles.getValueTile();
  BarrierRing ring = kernel.getValueRing();
  unsigned map = kernel.maps.add(segment.getValues(), tile.rows);
  ring.waitUntilEmpty(b, getFilled());
  Value target = getStage(tiles.getValueOffset(), ring.getStage(b, getFilled()), tile.getBytes()), full = ring.getFull(b, getFilled());
  once([&] {
    expect(full, tile.getBytes());
    copyTile(tile, target, map, segment.getValues(), row, full);
  });
}

/// The copy completes on a barrier of this warp's own, which then clears the rows from `count` on before the tile counts as full.
void ValueProducer::copyPart(KeySegment &segment, Value row, Value count) {
  const WarpgroupTiles &tiles = kernel.tiles;
  PanelTile tile = tiles.getValueTile();
  BarrierRing ring = kernel.getValueRing(), own = kernel.getPartialRing();
  unsigned map = kernel.maps.add(segment.getValues(), tile.rows);
  ring.waitUntilEmpty(b, getFilled());
  Value target = getStage(tiles.getValueOffset(), ring.getStage(b, getFilled()), tile.getBytes()), full = ring.getFull(b, getFilled());
  Value copied = own.getFull(b, carried[1]);
  once([&] {
    expect(copied, tile.getBytes());
    copyTile(tile, target, map, segment.getValues(), row, copied);
  });
  own.waitUntilFull(b, carried[1]);
  constexpr int64_t kLaneBytes = 4;
  Value lane = arith::MulIOp::create(b, kernel.lane, i32Constant(b, kLaneBytes));
  Value first = arith::MaxSIOp::create(b, count, i32Constant(b, 0));
  auto rows = scf::ForOp::create(b, first, i32Constant(b, tile.rows), i32Constant(b, 1));
  {
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(rows.getBody());
    Value inPanel = arith::AddIOp::create(b, arith::MulIOp::create(b, rows.getInductionVar(), i32Constant(b, PanelTile::kRowBytes)), lane);
    for (int64_t panel = 0; panel < tile.getPanels(); ++panel)
      LLVM::StoreOp::create(b, i32Constant(b, 0), offsetShared(b, target, inPanel, panel * tile.getPanelBytes()));
  }
  NVVM::FenceProxyOp::create(b, NVVM::ProxyKind::async_shared, NVVM::SharedSpaceAttr::get(b.getContext(), NVVM::SharedSpace::shared_cta));
  NVVM::SyncWarpOp::create(b, i32Constant(b, -1));
  once([&] { arriveIf(b, arith::ConstantOp::create(b, b.getBoolAttr(true)), full); });
}

Value ValueProducer::takeNextTask(Value use) {
  Value task = readTask(use);
  NVVM::SyncWarpOp::create(b, i32Constant(b, -1));
  Value empty = kernel.getTaskRing().getEmpty(b, use);
  once([&] { arriveIf(b, arith::ConstantOp::create(b, b.getBoolAttr(true)), empty); });
  return task;
}

std::unique_ptr<WarpgroupRole> attn::createKeyProducer(ImplicitLocOpBuilder &b, WarpgroupKernel &kernel, func::FuncOp stage,
                                                       ArrayRef<Operation *> operations) {
  return std::make_unique<KeyProducer>(b, kernel, stage, operations);
}

std::unique_ptr<WarpgroupRole> attn::createValueProducer(ImplicitLocOpBuilder &b, WarpgroupKernel &kernel, func::FuncOp stage,
                                                         ArrayRef<Operation *> operations) {
  return std::make_unique<ValueProducer>(b, kernel, stage, operations);
}
