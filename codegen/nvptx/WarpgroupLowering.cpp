//===- WarpgroupLowering.cpp - one stage, from tiles to roles -------------===//

#include "codegen/nvptx/WarpgroupLowering.h"
#include "codegen/lower/LoopBounds.h"
#include "codegen/nvptx/RowStore.h"
#include "codegen/nvptx/SharedTile.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;
using namespace mlir::attn;

static constexpr int64_t kWarpThreads = GpuMachine::kWarpThreads;
/// Task numbers on their way from the role that takes them to the others.
static constexpr int64_t kTaskStages = 2;
static constexpr int64_t kSlotBytes = 4;
/// Each stage counts its tasks in two numbers of 32 bits.
static constexpr int64_t kCounterBytes = 8;

//===----------------------------------------------------------------------===//
// Shared memory
//===----------------------------------------------------------------------===//

static int64_t countConsumerWarps(const WarpgroupTiles &tiles) { return tiles.consumers * WarpgroupTiles::kWarps; }

BarrierRing WarpgroupKernel::getKeyRing() const {
  return BarrierRing(shared, tiles.getBarrierOffset(), tiles.keyStages, 1, countConsumerWarps(tiles));
}

BarrierRing WarpgroupKernel::getValueRing() const {
  BarrierRing before = getKeyRing();
  return BarrierRing(shared, tiles.getBarrierOffset() + before.getBytes(), tiles.keyStages, 1, countConsumerWarps(tiles));
}

BarrierRing WarpgroupKernel::getPartialRing() const {
  return BarrierRing(shared, tiles.getBarrierOffset() + getKeyRing().getBytes() + getValueRing().getBytes(), 1, 1, 1);
}

BarrierRing WarpgroupKernel::getTaskRing() const {
  int64_t offset = tiles.getBarrierOffset() + getKeyRing().getBytes() + getValueRing().getBytes() + getPartialRing().getBytes();
  return BarrierRing(shared, offset, kTaskStages, 1, countConsumerWarps(tiles) + 1);
}

BarrierRing WarpgroupKernel::getQueryRing(ImplicitLocOpBuilder &b, Value consumer) const {
  int64_t offset = tiles.getBarrierOffset() + getKeyRing().getBytes() + getValueRing().getBytes() + getPartialRing().getBytes() +
                   getTaskRing().getBytes() + kTaskStages * 2 * kSlotBytes;
  BarrierRing sizes(shared, 0, tiles.queryStages, 1, WarpgroupTiles::kWarps);
  Value base = offsetShared(b, shared, arith::MulIOp::create(b, consumer, i32Constant(b, sizes.getBytes())));
  return BarrierRing(base, offset, tiles.queryStages, 1, WarpgroupTiles::kWarps);
}

Value WarpgroupKernel::getTaskSlot(ImplicitLocOpBuilder &b, Value use) const {
  BarrierRing ring = getTaskRing();
  int64_t offset = tiles.getBarrierOffset() + getKeyRing().getBytes() + getValueRing().getBytes() + getPartialRing().getBytes() + ring.getBytes();
  return offsetShared(b, shared, arith::MulIOp::create(b, ring.getStage(b, use), i32Constant(b, kSlotBytes)), offset);
}

//===----------------------------------------------------------------------===//
// A role
//===----------------------------------------------------------------------===//

Value WarpgroupRole::readTask(Value use) {
  kernel.getTaskRing().waitUntilFull(b, use);
  Value task = LLVM::LoadOp::create(b, b.getI32Type(), kernel.getTaskSlot(b, use));
  // All lanes have read the same number; said so, what is computed from it can stay in uniform registers.
  return NVVM::ShflOp::create(b, b.getI32Type(), i32Constant(b, -1), task, i32Constant(b, 0), i32Constant(b, 31), NVVM::ShflKind::idx, UnitAttr());
}

LogicalResult WarpgroupRole::lowerOperations(ArrayRef<Operation *> cloned) {
  FailureOr<std::vector<KeySegment>> segments = KeySegment::collect(cloned);
  if (failed(segments))
    return failure();
  for (Operation *op : cloned) {
    b.setLoc(op->getLoc());
    b.setInsertionPoint(op);
    if (auto bounds = dyn_cast<BoundsOp>(op)) {
      if (failed(lowerTaskBounds(bounds)))
        return failure();
    } else if (auto pack = dyn_cast<PackOp>(op)) {
      lowerQueries(pack);
    } else if (auto loop = dyn_cast<ForKeysOp>(op)) {
      for (KeySegment &segment : *segments)
        if (segment.getLast() == loop && failed(lowerSegment(segment)))
          return failure();
    } else if (auto finalize = dyn_cast<FinalizeRowsOp>(op)) {
      lowerFinalize(finalize);
    } else if (!isa<InitOp, QueryViewOp, KeyViewOp, StoreOp>(op) && isa_and_nonnull<AttnDialect>(op->getDialect())) {
      return op->emitOpError("expected an operation of the schedule phase that warpgroups can run so far");
    }
  }
  return success();
}

LogicalResult WarpgroupRole::lowerTaskBounds(BoundsOp op) { return failed(lowerBounds(b, op)) ? failure() : success(); }

LogicalResult WarpgroupRole::run() {
  SmallVector<Value> initial = {kernel.block, i32Constant(b, 0)};
  llvm::append_range(initial, getInitialCarried());
  SmallVector<Type> types(ValueRange(initial).getTypes());
  SmallVector<Location> locations(types.size(), b.getLoc());
  auto loop = scf::WhileOp::create(b, types, initial);
  OpBuilder::InsertionGuard guard(b);
  Block *before = b.createBlock(&loop.getBefore(), {}, types, locations);
  Value isTask = arith::CmpIOp::create(b, arith::CmpIPredicate::slt, before->getArgument(0), kernel.tasks);
  scf::ConditionOp::create(b, isTask, before->getArguments());
  Block *body = b.createBlock(&loop.getAfter(), {}, types, locations);
  use = body->getArgument(1);
  enterTask(body->getArguments().drop_front(2));
  IRMapping mapping;
  mapping.map(stage.getBody().getArgument(3), arith::ExtUIOp::create(b, b.getI64Type(), body->getArgument(0)).getResult());
  SmallVector<Operation *> cloned;
  for (Operation *op : operations)
    cloned.push_back(b.clone(*op, mapping));
  if (failed(lowerOperations(cloned)))
    return failure();
  b.setInsertionPointToEnd(body);
  Value next = takeNextTask(use);
  SmallVector<Value> carried = {next, arith::AddIOp::create(b, use, i32Constant(b, 1))};
  llvm::append_range(carried, leaveTask());
  scf::YieldOp::create(b, carried);
  b.setInsertionPointAfter(loop);
  finish();
  return success();
}

//===----------------------------------------------------------------------===//
// The kernel
//===----------------------------------------------------------------------===//

bool WarpgroupLowering::canLower(func::FuncOp stage, const GpuMachine &machine) {
  ForPanelsOp panels;
  stage.walk([&](ForPanelsOp found) { panels = panels ? panels : found; });
  bool canMap = machine.hasWarpgroups && panels && panels.getPanelRows() == WarpgroupTiles::kRows;
  stage.walk([&](PackOp op) {
    if (auto keys = op.getView().getDefiningOp<KeyViewOp>())
      canMap &= TensorMaps::canMap(keys) && machine.hasProduct(keys.getView().getType().getElementType());
    else if (auto queries = op.getView().getDefiningOp<QueryViewOp>())
      canMap &= TensorMaps::canMap(queries, WarpgroupTiles::kRows);
  });
  return canMap;
}

void WarpgroupLowering::addParameters() {
  Block &body = stage.getBody().front();
  Type i32 = b.getI32Type();
  kernel.tasks = body.addArgument(i32, stage.getLoc());
  // Which maps there are is known from the views, in the order of the operations.
  stage.walk([&](PackOp op) {
    if (auto queries = op.getView().getDefiningOp<QueryViewOp>())
      kernel.maps.add(queries, WarpgroupTiles::kRows);
    else
      kernel.maps.add(op.getView().getDefiningOp<KeyViewOp>(), kernel.tiles.keys);
  });
  stage.walk([&](FinalizeRowsOp op) {
    StoreOp store = RowStore::findStore(op.getOutput());
    auto view = store ? store.getView().getDefiningOp<QueryViewOp>() : QueryViewOp();
    kernel.tiles.storesTiles &= view && view.getView().getType().getElementType() == kernel.element && TensorMaps::canMap(view, WarpgroupTiles::kRows);
    if (kernel.tiles.storesTiles)
      kernel.maps.add(view, WarpgroupTiles::kRows);
  });
  for (size_t n = 0; n < kernel.maps.getMaps().size(); ++n)
    kernel.mapPointers.push_back(body.addArgument(LLVM::LLVMPointerType::get(b.getContext()), stage.getLoc()));
}

void WarpgroupLowering::initializeBarriers() {
  Value isFirst = arith::CmpIOp::create(b, arith::CmpIPredicate::eq, NVVM::ThreadIdXOp::create(b, b.getI32Type()), i32Constant(b, 0));
  auto branch = scf::IfOp::create(b, isFirst, /*withElseRegion=*/false);
  {
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(branch.thenBlock());
    for (BarrierRing ring : {kernel.getKeyRing(), kernel.getValueRing(), kernel.getPartialRing(), kernel.getTaskRing()})
      ring.initialize(b);
    for (int64_t consumer = 0; consumer < kernel.tiles.consumers; ++consumer)
      kernel.getQueryRing(b, i32Constant(b, consumer)).initialize(b);
    NVVM::FenceMbarrierInitOp::create(b);
  }
  NVVM::Barrier0Op::create(b);
}

void WarpgroupLowering::changeRegisters(bool isConsumer) {
  int64_t count = isConsumer ? kernel.tiles.getConsumerRegisters() : kernel.tiles.getProducerRegisters();
  NVVM::SetMaxRegisterOp::create(b, count, isConsumer ? NVVM::SetMaxRegisterAction::increase : NVVM::SetMaxRegisterAction::decrease);
}

LogicalResult WarpgroupLowering::buildRoles(ArrayRef<Operation *> operations) {
  using Create = std::unique_ptr<WarpgroupRole> (*)(ImplicitLocOpBuilder &, WarpgroupKernel &, func::FuncOp, ArrayRef<Operation *>);
  auto isWarp = [&](int64_t warp) -> Value { return arith::CmpIOp::create(b, arith::CmpIPredicate::eq, kernel.warp, i32Constant(b, warp)); };
  Value fetches = arith::CmpIOp::create(b, arith::CmpIPredicate::ult, kernel.warp, i32Constant(b, WarpgroupTiles::kWarps));
  auto roles = scf::IfOp::create(b, fetches, /*withElseRegion=*/true);
  b.setInsertionPointToStart(roles.thenBlock());
  changeRegisters(/*isConsumer=*/false);
  constexpr Create kProducers[] = {createKeyProducer, createValueProducer};
  for (auto [warp, create] : llvm::enumerate(kProducers)) {
    auto branch = scf::IfOp::create(b, isWarp(warp), /*withElseRegion=*/false);
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(branch.thenBlock());
    if (failed(create(b, kernel, stage, operations)->run()))
      return failure();
  }
  b.setInsertionPointToStart(roles.elseBlock());
  changeRegisters(/*isConsumer=*/true);
  return createConsumer(b, kernel, stage, operations)->run();
}

/// Whether an operation reads the kernel's arguments, which do not change.
static bool isArgumentLoad(Operation &op, Block &body) {
  auto load = dyn_cast<LLVM::LoadOp>(op);
  auto place = load ? load.getAddr().getDefiningOp<LLVM::GEPOp>() : LLVM::GEPOp();
  return place && place.getBase() == body.getArgument(0);
}

/// The operations that depend on the number of the task, and all that lowerings look for. The others, such as the sizes of a section of tasks, are computed
/// once for a block.
static SmallVector<Operation *> collectTaskOperations(Block &body) {
  llvm::SetVector<Operation *> found;
  for (Operation &op : body.without_terminator()) {
    auto isOfTask = [&](Value operand) { return operand == body.getArgument(3) || found.contains(operand.getDefiningOp()); };
    bool isPure = isMemoryEffectFree(&op) || isArgumentLoad(op, body);
    if (op.getNumRegions() || isa_and_nonnull<AttnDialect>(op.getDialect()) || !isPure || llvm::any_of(op.getOperands(), isOfTask))
      found.insert(&op);
  }
  return found.takeVector();
}

LogicalResult WarpgroupLowering::run() {
  ForPanelsOp panels;
  stage.walk([&](ForPanelsOp found) { panels = panels ? panels : found; });
  FailureOr<TileWork> work = matchTileWork(panels.getBody().front());
  if (failed(work))
    return failure();
  ViewType keyType = work->keyView.getView().getType();
  StateType state = panels.getInitial().getType();
  kernel.element = keyType.getElementType();
  kernel.normalizer = state.getNormalizer();
  int64_t keys = cast<TileType>(work->keys.getType()).getSize("j");
  std::optional<WarpgroupTiles> tiles =
      WarpgroupTiles::get(machine, state.getRows(), keys, keyType.getFeatures(), work->valueView.getView().getType().getFeatures());
  if (!tiles)
    return stage.emitError("expected tiles that fit ") << machine.name << ", but got " << state.getRows() << " rows and " << keys << " keys";
  kernel.tiles = *tiles;

  Block &body = stage.getBody().front();
  SmallVector<Operation *> operations = collectTaskOperations(body);
  addParameters();
  b.setInsertionPoint(body.getTerminator());
  Type i32 = b.getI32Type();
  auto shared = LLVM::LLVMPointerType::get(b.getContext(), unsigned(NVVM::NVVMMemorySpace::Shared));
  auto global = LLVM::LLVMPointerType::get(b.getContext(), unsigned(NVVM::NVVMMemorySpace::Global));
  kernel.shared = LLVM::AddressOfOp::create(b, shared, "attn_shared");
  Value workspace = LLVM::AddrSpaceCastOp::create(b, global, body.getArgument(1));
  kernel.counters = LLVM::GEPOp::create(b, global, b.getI8Type(), workspace, ArrayRef<LLVM::GEPArg>{int32_t(number * kCounterBytes)});
  kernel.block = NVVM::BlockIdXOp::create(b, i32);
  kernel.grid = NVVM::GridDimXOp::create(b, i32);
  Value thread = NVVM::ThreadIdXOp::create(b, i32);
  kernel.lane = arith::AndIOp::create(b, thread, i32Constant(b, kWarpThreads - 1));
  Value warp = arith::DivUIOp::create(b, thread, i32Constant(b, kWarpThreads));
  kernel.warp = NVVM::ShflOp::create(b, i32, i32Constant(b, -1), warp, i32Constant(b, 0), i32Constant(b, 31), NVVM::ShflKind::idx, UnitAttr());
  initializeBarriers();
  if (failed(buildRoles(operations)))
    return failure();
  for (Operation *op : llvm::reverse(operations)) {
    op->dropAllUses();
    op->erase();
  }
  eraseTileOperations(stage);
  return success();
}
