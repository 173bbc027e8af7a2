//===- RowStore.cpp - finished rows to global memory ----------------------===//

#include "codegen/nvptx/RowStore.h"
#include "codegen/nvptx/SharedTile.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace mlir::attn;

StoreOp RowStore::findStore(Value tile) { return tile.use_empty() ? StoreOp() : dyn_cast<StoreOp>(*tile.user_begin()); }

RowStore::RowStore(ImplicitLocOpBuilder &b, FinalizeRowsOp op)
    : output(findStore(op.getOutput())), lse(findStore(op.getLse())), rowMax(findStore(op.getRowMax())) {
  Operation *last = op;
  for (StoreOp store : {output, lse, rowMax})
    if (store && last->isBeforeInBlock(store))
      last = store;
  b.setInsertionPointAfter(last);
  outputView.emplace(b, getView());
  if (lse)
    lseView.emplace(b, lse.getView().getDefiningOp<QueryViewOp>());
  if (rowMax)
    rowMaxView.emplace(b, rowMax.getView().getDefiningOp<QueryViewOp>());
  type = output.getView().getType().getElementType();
  count = arith::MulIOp::create(b, toI64(b, getView().getCount()), i64Constant(b, getView().getGroup()));
  pairsAligned = outputView->isAligned(b, 2 * type.getIntOrFloatBitWidth() / 8);
}

static Value pointerAt(ImplicitLocOpBuilder &b, Value address) {
  return LLVM::IntToPtrOp::create(b, LLVM::LLVMPointerType::get(b.getContext(), unsigned(NVVM::NVVMMemorySpace::Global)), address);
}

static Value roundTo(ImplicitLocOpBuilder &b, Type type, Value value) {
  return type.isF32() ? value : Value(arith::TruncFOp::create(b, type, value));
}

/// A pair at a time, where both columns exist and lie at a multiple of the pair's size; else number by number.
void RowStore::writePairs(ImplicitLocOpBuilder &b, Value address, const StoreColumns &columns, int64_t width, ArrayRef<Value> outputs, bool together) {
  int64_t bytes = type.getIntOrFloatBitWidth() / 8;
  Value start = arith::MulIOp::create(b, arith::ExtUIOp::create(b, b.getI64Type(), columns.first), i64Constant(b, bytes));
  Value base = pointerAt(b, arith::AddIOp::create(b, address, start));
  auto at = [&](int64_t number) -> Value {
    int64_t offset = (columns.distance * (number / 2) + number % 2) * bytes;
    return LLVM::GEPOp::create(b, base.getType(), b.getI8Type(), base, ArrayRef<LLVM::GEPArg>{int32_t(offset)});
  };
  auto whereColumnExists = [&](int64_t number, int64_t count, llvm::function_ref<void()> body) {
    // The last column of all threads tells for most numbers that all exist.
    int64_t begin = columns.distance * (number / 2);
    if (begin + columns.last + 2 <= width)
      return body();
    Value last = arith::AddIOp::create(b, columns.first, i32Constant(b, begin + number % 2 + count - 1));
    Value exists = arith::CmpIOp::create(b, arith::CmpIPredicate::slt, last, i32Constant(b, width));
    auto branch = scf::IfOp::create(b, exists, /*withElseRegion=*/false);
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(branch.thenBlock());
    body();
  };
  for (int64_t number = 0; number < int64_t(outputs.size()); number += together ? 2 : 1)
    whereColumnExists(number, together ? 2 : 1, [&] {
      if (!together) {
        LLVM::StoreOp::create(b, roundTo(b, type, outputs[number]), at(number), bytes);
        return;
      }
      Value pair = vector::FromElementsOp::create(b, VectorType::get({2}, b.getF32Type()), ValueRange{outputs[number], outputs[number + 1]});
      LLVM::StoreOp::create(b, type.isF32() ? pair : Value(arith::TruncFOp::create(b, VectorType::get({2}, type), pair)), at(number), 2 * bytes);
    });
}

void RowStore::write(ImplicitLocOpBuilder &b, Value row, const StoreColumns &columns, int64_t width, ArrayRef<Value> outputs,
                     const FinalResult &result) {
  OpBuilder::InsertionGuard guard(b);
  auto exists = scf::IfOp::create(b, arith::CmpIOp::create(b, arith::CmpIPredicate::slt, row, count), /*withElseRegion=*/false);
  b.setInsertionPointToStart(exists.thenBlock());
  Value address = outputView->getAddress(b, row);
  if (width % 2 == 0) {
    auto branch = scf::IfOp::create(b, pairsAligned, /*withElseRegion=*/true);
    OpBuilder::InsertionGuard inner(b);
    b.setInsertionPointToStart(branch.thenBlock());
    writePairs(b, address, columns, width, outputs, /*together=*/true);
    b.setInsertionPointToStart(branch.elseBlock());
    writePairs(b, address, columns, width, outputs, /*together=*/false);
  } else {
    writePairs(b, address, columns, width, outputs, /*together=*/false);
  }
  writeNumbers(b, row, columns, result);
}

void RowStore::writeStatistics(ImplicitLocOpBuilder &b, Value row, const StoreColumns &columns, const FinalResult &result) {
  if (!lseView && !rowMaxView)
    return;
  OpBuilder::InsertionGuard guard(b);
  auto exists = scf::IfOp::create(b, arith::CmpIOp::create(b, arith::CmpIPredicate::slt, row, count), /*withElseRegion=*/false);
  b.setInsertionPointToStart(exists.thenBlock());
  writeNumbers(b, row, columns, result);
}

void RowStore::writeNumbers(ImplicitLocOpBuilder &b, Value row, const StoreColumns &columns, const FinalResult &result) {
  // All threads of a row hold the same statistics.
  Value isFirst = arith::CmpIOp::create(b, arith::CmpIPredicate::eq, columns.first, i32Constant(b, 0));
  auto first = scf::IfOp::create(b, isFirst, /*withElseRegion=*/false);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(first.thenBlock());
  if (lseView)
    LLVM::StoreOp::create(b, result.lse, pointerAt(b, lseView->getAddress(b, row)));
  if (rowMaxView)
    LLVM::StoreOp::create(b, result.rowMax, pointerAt(b, rowMaxView->getAddress(b, row)));
}
