//===- PartialRows.cpp - states between warps and kernels -----------------===//

#include "codegen/nvptx/PartialRows.h"
#include "codegen/nvptx/GlobalView.h"
#include "codegen/nvptx/GpuMachine.h"
#include "codegen/nvptx/SharedTile.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mlir::attn;

static constexpr int64_t kNumberBytes = sizeof(float);
/// A fragment of a warp lies lane by lane, so that lanes write and read 16 bytes beside each other.
static constexpr int64_t kFragmentBytes = GpuMachine::kWarpThreads * 4 * kNumberBytes;

static Value moveBy(ImplicitLocOpBuilder &b, Value pointer, Value bytes) {
  return LLVM::GEPOp::create(b, pointer.getType(), b.getI8Type(), pointer, ArrayRef<LLVM::GEPArg>{bytes});
}

static Value moveBy(ImplicitLocOpBuilder &b, Value pointer, int64_t bytes) {
  return LLVM::GEPOp::create(b, pointer.getType(), b.getI8Type(), pointer, ArrayRef<LLVM::GEPArg>{int32_t(bytes)});
}

static Value times(ImplicitLocOpBuilder &b, Value value, int64_t factor) { return arith::MulIOp::create(b, value, i32Constant(b, factor)); }

//===----------------------------------------------------------------------===//
// Between warps
//===----------------------------------------------------------------------===//

namespace {
/// The memory of one warp's state: fragments first, statistics behind them.
class WarpSlot {
public:
  WarpSlot(ImplicitLocOpBuilder &b, const WarpExchange &exchange, const StreamShape &shape, Value warp)
      : b(b), blocks(shape.getColumnBlocks()), fragments(shape.getWarpRows() / GpuMachine::kAtomRows * blocks) {
    Value start = moveBy(b, exchange.memory, times(b, warp, shape.getStateBytes()));
    lanePointer = moveBy(b, start, times(b, exchange.lane, 4 * kNumberBytes));
    statisticPointer = moveBy(b, start, times(b, exchange.lane, kNumberBytes));
  }

  /// The fragment of a block of rows; `firstBlock` (i32) is added to the block of columns, null: 0.
  Value getFragment(unsigned rowBlock, unsigned columnBlock, Value firstBlock = {}) {
    Value pointer = firstBlock ? moveBy(b, lanePointer, times(b, firstBlock, kFragmentBytes)) : lanePointer;
    return moveBy(b, pointer, (rowBlock * blocks + columnBlock) * kFragmentBytes);
  }
  Value getStatistic(unsigned number) {
    return moveBy(b, statisticPointer, fragments * kFragmentBytes + number * GpuMachine::kWarpThreads * kNumberBytes);
  }

private:
  ImplicitLocOpBuilder &b;
  int64_t blocks, fragments;
  Value lanePointer, statisticPointer;
};
} // namespace

static void writeState(ImplicitLocOpBuilder &b, WarpSlot slot, const FragmentShape &shape, const RowFragments::State &state) {
  auto type = VectorType::get({4}, b.getF32Type());
  for (auto [number, fragment] : llvm::enumerate(state.accumulators)) {
    Value numbers = vector::FromElementsOp::create(b, type, ArrayRef<Value>(fragment));
    LLVM::StoreOp::create(b, numbers, slot.getFragment(number / shape.getValueBlocks(), number % shape.getValueBlocks()), 4 * kNumberBytes);
  }
  unsigned number = 0;
  for (const SmallVector<Value> &row : state.statistics)
    for (Value statistic : row)
      LLVM::StoreOp::create(b, statistic, slot.getStatistic(number++));
}

static RowFragments::State readState(ImplicitLocOpBuilder &b, WarpSlot slot, RowFragments &fragments, Value firstBlock) {
  RowFragments::State state = fragments.init();
  state.isPerLane = false;
  unsigned columnBlocks = fragments.getShape().getValueBlocks();
  auto type = VectorType::get({4}, b.getF32Type());
  for (auto [number, fragment] : llvm::enumerate(state.accumulators)) {
    Value pointer = slot.getFragment(number / columnBlocks, number % columnBlocks, firstBlock);
    Value numbers = LLVM::LoadOp::create(b, type, pointer, 4 * kNumberBytes);
    for (int64_t n = 0; n < 4; ++n)
      fragment[n] = vector::ExtractOp::create(b, numbers, n);
  }
  unsigned number = 0;
  for (SmallVector<Value> &row : state.statistics)
    for (Value &statistic : row)
      statistic = LLVM::LoadOp::create(b, b.getF32Type(), slot.getStatistic(number++));
  return state;
}

RowFragments::State attn::exchangeStates(ImplicitLocOpBuilder &b, const WarpExchange &exchange, const StreamShape &shape, RowFragments &whole,
                                         RowFragments &joined, const RowFragments::State &state) {
  writeState(b, WarpSlot(b, exchange, shape, exchange.warp), whole.getShape(), whole.joinLanes(state));
  NVVM::Barrier0Op::create(b);
  Value columnWarp = arith::SubIOp::create(b, exchange.warp, exchange.first);
  Value firstBlock = times(b, columnWarp, joined.getShape().getValueBlocks());
  RowFragments::State result;
  for (int64_t number = 0; number < shape.getKeyWarps(); ++number) {
    Value warp = arith::AddIOp::create(b, exchange.first, i32Constant(b, number));
    RowFragments::State next = readState(b, WarpSlot(b, exchange, shape, warp), joined, firstBlock);
    result = number == 0 ? next : joined.merge(result, next);
  }
  return result;
}

//===----------------------------------------------------------------------===//
// Between kernels
//===----------------------------------------------------------------------===//

PartialMemory::PartialMemory(ImplicitLocOpBuilder &b, Value memory, int64_t width) : statistics(llvm::alignTo(width, 16)) {
  rowBytes = cast<MemRefType>(memory.getType()).getDimSize(1) * kNumberBytes;
  base = toI64(b, memref::ExtractAlignedPointerAsIndexOp::create(b, memory));
}

Value PartialMemory::at(ImplicitLocOpBuilder &b, Value row, Value column) const {
  Value start = arith::AddIOp::create(b, base, arith::MulIOp::create(b, row, i64Constant(b, rowBytes)));
  Value bytes = arith::ExtUIOp::create(b, b.getI64Type(), times(b, column, kNumberBytes));
  auto pointer = LLVM::LLVMPointerType::get(b.getContext(), unsigned(NVVM::NVVMMemorySpace::Global));
  Value address = arith::AddIOp::create(b, start, bytes);
  return LLVM::IntToPtrOp::create(b, pointer, address);
}

static void storeWhere(ImplicitLocOpBuilder &b, Value condition, llvm::function_ref<void()> body) {
  auto branch = scf::IfOp::create(b, condition, /*withElseRegion=*/false);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(branch.thenBlock());
  body();
}

void attn::storePartialRows(ImplicitLocOpBuilder &b, StorePartialOp op, RowFragments &fragments, const RowFragments::State &state) {
  const FragmentShape &shape = fragments.getShape();
  PartialMemory memory(b, op.getMemory(), shape.valueDim);
  StoreColumns columns = fragments.getColumns();
  Value slot = toI64(b, op.getSlot()), count = toI32(b, op.getRows());
  auto pairType = VectorType::get({2}, b.getF32Type());
  for (unsigned row = 0; row < fragments.getRowCount(); ++row) {
    Value inTile = fragments.getRowInTile(row);
    storeWhere(b, arith::CmpIOp::create(b, arith::CmpIPredicate::slt, inTile, count), [&] {
      Value place = arith::AddIOp::create(b, slot, arith::ExtUIOp::create(b, b.getI64Type(), inTile));
      Value start = memory.at(b, place, columns.first);
      auto numbers = fragments.getRowNumbers(row, shape.getValueBlocks());
      for (unsigned pair = 0; pair < numbers.size() / 2; ++pair) {
        auto store = [&] {
          auto [block, n] = numbers[2 * pair];
          const ResultFragment &fragment = state.accumulators[block];
          Value both = vector::FromElementsOp::create(b, pairType, ValueRange{fragment[n], fragment[n + 1]});
          LLVM::StoreOp::create(b, both, moveBy(b, start, pair * columns.distance * kNumberBytes), 2 * kNumberBytes);
        };
        // The last warp may hold columns that fill up its share.
        if (pair * columns.distance + columns.last + 2 <= memory.statistics) {
          store();
          continue;
        }
        Value column = arith::AddIOp::create(b, columns.first, i32Constant(b, pair * columns.distance));
        storeWhere(b, arith::CmpIOp::create(b, arith::CmpIPredicate::slt, column, i32Constant(b, memory.statistics)), store);
      }
      storeWhere(b, arith::CmpIOp::create(b, arith::CmpIPredicate::eq, columns.first, i32Constant(b, 0)), [&] {
        for (auto [number, statistic] : llvm::enumerate(state.statistics[row]))
          LLVM::StoreOp::create(b, statistic, moveBy(b, start, (memory.statistics + number) * kNumberBytes));
      });
    });
  }
}
