//===- CombineLowering.cpp - partial results to results -------------------===//

#include "codegen/nvptx/CombineLowering.h"
#include "codegen/nvptx/GlobalView.h"
#include "codegen/nvptx/SharedTile.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mlir::attn;

/// Warps of a block, and chunks that each of them loads at once.
static constexpr int64_t kWarps = 4;
static constexpr int64_t kChunksAtOnce = 4;
/// Columns of the pairs of all lanes.
static constexpr int64_t kPairColumns = 2 * GpuMachine::kWarpThreads;

static Value f32Constant(ImplicitLocOpBuilder &b, double value) { return arith::ConstantOp::create(b, b.getF32FloatAttr(value)); }

int64_t CombineLowering::getThreads() const { return kWarps * GpuMachine::kWarpThreads; }

int64_t CombineLowering::countPairs() const { return llvm::divideCeil(width, kPairColumns); }

int64_t CombineLowering::getSharedBytes() const {
  int64_t numbers = 2 * countPairs() + normalizer.getInitialStatistics().size();
  return kWarps * numbers * GpuMachine::kWarpThreads * int64_t(sizeof(float));
}

/// Lane l holds columns 2 l and 2 l + 1 of every 64.
StoreColumns CombineLowering::getColumns() {
  return {arith::ShLIOp::create(b, lane, i32Constant(b, 1)), kPairColumns - 2, kPairColumns};
}

void CombineLowering::prepare(ReducePartialsOp op) {
  StateType type = op.getState().getType();
  normalizer = type.getNormalizer();
  width = type.getWidth();
  b.setInsertionPointToStart(&stage.getBody().front());
  Value thread = NVVM::ThreadIdXOp::create(b, b.getI32Type());
  lane = arith::AndIOp::create(b, thread, i32Constant(b, GpuMachine::kWarpThreads - 1));
  warp = arith::DivUIOp::create(b, thread, i32Constant(b, GpuMachine::kWarpThreads));
}

//===----------------------------------------------------------------------===//
// States
//===----------------------------------------------------------------------===//

CombineLowering::RowState CombineLowering::init() {
  RowState state;
  for (double value : normalizer.getInitialStatistics())
    state.statistics.push_back(f32Constant(b, value));
  state.numbers.assign(2 * countPairs(), f32Constant(b, 0.0));
  return state;
}

CombineLowering::RowState CombineLowering::load(const PartialMemory &memory, Value row) {
  RowState state;
  auto pairType = VectorType::get({2}, b.getF32Type());
  StoreColumns columns = getColumns();
  for (int64_t pair = 0; pair < countPairs(); ++pair) {
    // Lanes without columns repeat the last ones.
    Value column = arith::AddIOp::create(b, columns.first, i32Constant(b, pair * columns.distance));
    column = arith::MinUIOp::create(b, column, i32Constant(b, memory.statistics - 2));
    Value both = LLVM::LoadOp::create(b, pairType, memory.at(b, row, column), 2 * sizeof(float));
    for (int64_t n = 0; n < 2; ++n)
      state.numbers.push_back(vector::ExtractOp::create(b, both, n));
  }
  for (size_t number = 0; number < normalizer.getInitialStatistics().size(); ++number) {
    Value place = memory.at(b, row, i32Constant(b, memory.statistics + number));
    state.statistics.push_back(LLVM::LoadOp::create(b, b.getF32Type(), place));
  }
  return state;
}

CombineLowering::RowState CombineLowering::merge(const RowState &lhs, const RowState &rhs) {
  MergeResult both = normalizer.buildMerge(b, lhs.statistics, rhs.statistics, f32Constant(b, 1.0));
  auto times = [&](Value number, Value factor) -> Value { return factor ? Value(arith::MulFOp::create(b, number, factor)) : number; };
  RowState merged;
  merged.statistics = both.statistics;
  for (auto [x, y] : llvm::zip(lhs.numbers, rhs.numbers))
    merged.numbers.push_back(arith::AddFOp::create(b, times(x, both.lhsFactor), times(y, both.rhsFactor)));
  return merged;
}

SmallVector<Value> CombineLowering::flatten(const RowState &state) {
  SmallVector<Value> values(state.statistics);
  llvm::append_range(values, state.numbers);
  return values;
}

CombineLowering::RowState CombineLowering::unflatten(ValueRange values) {
  size_t count = normalizer.getInitialStatistics().size();
  return {SmallVector<Value>(values.take_front(count)), SmallVector<Value>(values.drop_front(count))};
}

//===----------------------------------------------------------------------===//
// Chunks and warps
//===----------------------------------------------------------------------===//

/// This warp's chunks: every fourth one.
CombineLowering::RowState CombineLowering::mergeChunks(ReducePartialsOp op) {
  PartialMemory memory(b, op.getMemory(), width);
  Value first = toI64(b, op.getFirst()), step = toI64(b, op.getStep()), count = toI32(b, op.getCount());
  Value last = arith::SubIOp::create(b, count, i32Constant(b, 1));
  auto loop = scf::ForOp::create(b, warp, count, i32Constant(b, kWarps * kChunksAtOnce), flatten(init()));
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(loop.getBody());
  RowState running = unflatten(loop.getRegionIterArgs()), none = init();
  SmallVector<RowState> loaded;
  for (int64_t number = 0; number < kChunksAtOnce; ++number) {
    Value chunk = arith::AddIOp::create(b, loop.getInductionVar(), i32Constant(b, number * kWarps));
    Value safe = arith::ExtUIOp::create(b, b.getI64Type(), arith::MinSIOp::create(b, chunk, last));
    RowState state = load(memory, arith::AddIOp::create(b, first, arith::MulIOp::create(b, safe, step)));
    Value exists = arith::CmpIOp::create(b, arith::CmpIPredicate::slt, chunk, count);
    SmallVector<Value> values = flatten(state);
    for (auto [value, other] : llvm::zip(values, flatten(none)))
      value = arith::SelectOp::create(b, exists, value, other);
    loaded.push_back(unflatten(values));
  }
  for (const RowState &state : loaded)
    running = merge(running, state);
  scf::YieldOp::create(b, flatten(running));
  return unflatten(loop.getResults());
}

/// Where warp `warp` (i32) leaves number `number` of this lane.
Value CombineLowering::getSharedNumber(Value warp, int64_t number) {
  int64_t laneBytes = sizeof(float), numberBytes = GpuMachine::kWarpThreads * laneBytes;
  auto pointer = LLVM::LLVMPointerType::get(b.getContext(), unsigned(NVVM::NVVMMemorySpace::Shared));
  Value shared = LLVM::AddressOfOp::create(b, pointer, "attn_shared");
  Value offset = arith::MulIOp::create(b, warp, i32Constant(b, getSharedBytes() / kWarps));
  offset = arith::AddIOp::create(b, offset, arith::MulIOp::create(b, lane, i32Constant(b, laneBytes)));
  offset = arith::AddIOp::create(b, offset, i32Constant(b, number * numberBytes));
  return LLVM::GEPOp::create(b, pointer, b.getI8Type(), shared, ArrayRef<LLVM::GEPArg>{offset});
}

void CombineLowering::finalize(FinalizeRowsOp op, const RowState &state) {
  for (auto [number, value] : llvm::enumerate(flatten(state)))
    LLVM::StoreOp::create(b, value, getSharedNumber(warp, number));
  NVVM::Barrier0Op::create(b);
  RowStore store(b, op);
  Value isFirst = arith::CmpIOp::create(b, arith::CmpIPredicate::eq, warp, i32Constant(b, 0));
  auto branch = scf::IfOp::create(b, isFirst, /*withElseRegion=*/false);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(branch.thenBlock());
  RowState all = state;
  for (int64_t other = 1; other < kWarps; ++other) {
    SmallVector<Value> values;
    for (size_t number = 0; number < flatten(state).size(); ++number)
      values.push_back(LLVM::LoadOp::create(b, b.getF32Type(), getSharedNumber(i32Constant(b, other), number)));
    all = merge(all, unflatten(values));
  }
  FinalResult result = normalizer.buildFinalize(b, all.statistics, f32Constant(b, 1.0));
  SmallVector<Value> outputs;
  for (Value number : all.numbers)
    outputs.push_back(arith::MulFOp::create(b, number, result.outputFactor));
  store.write(b, toI64(b, store.getRowTile()), getColumns(), width, outputs, result);
}

LogicalResult CombineLowering::run() {
  ReducePartialsOp reduce;
  FinalizeRowsOp finish;
  stage.walk([&](ReducePartialsOp op) { reduce = op; });
  stage.walk([&](FinalizeRowsOp op) { finish = op; });
  if (!finish || !reduce.getStep() || reduce.getState().getType().getRows() != 1 || finish.getState() != reduce.getState())
    return reduce.emitOpError("expected one row at a time, which is finished, on this target");
  prepare(reduce);
  b.setInsertionPoint(reduce);
  RowState state = mergeChunks(reduce);
  b.setInsertionPoint(finish);
  finalize(finish, state);
  eraseTileOperations(stage);
  return success();
}
