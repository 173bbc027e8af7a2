//===- RowStore.cpp - finished rows to global memory ----------------------===//

#include "codegen/nvptx/RowStore.h"
#include "codegen/nvptx/SharedTile.h"
#include "codegen/nvptx/WarpProduct.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace mlir::attn;

/// The longest store of a lane. As many lanes as share a row have as many words of it.
static constexpr int64_t kChunkBytes = 16, kQuad = 4, kBlockColumns = 8;

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
  chunksAligned = outputView->isAligned(b, kChunkBytes);
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

void RowStore::whereRowExists(ImplicitLocOpBuilder &b, Value row, llvm::function_ref<void(Value)> body) {
  auto exists = scf::IfOp::create(b, arith::CmpIOp::create(b, arith::CmpIPredicate::slt, row, count), /*withElseRegion=*/false);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(exists.thenBlock());
  body(outputView->getAddress(b, row));
}

/// Lane l of a quad has word l of four chunks and gets the words of chunk l. In each step the lanes whose numbers differ in a bit exchange the half
/// that the other one needs.
static void transposeInQuad(ImplicitLocOpBuilder &b, Value lane, MutableArrayRef<Value> words) {
  for (int64_t distance = 1; distance < kQuad; distance *= 2) {
    Value bit = arith::AndIOp::create(b, lane, i32Constant(b, distance));
    Value isUpper = arith::CmpIOp::create(b, arith::CmpIPredicate::ne, bit, i32Constant(b, 0));
    for (int64_t low = 0; low < kQuad; ++low) {
      if (low & distance)
        continue;
      Value &first = words[low], &second = words[low + distance];
      Value received = exchangeLanes(b, arith::SelectOp::create(b, isUpper, first, second), distance);
      first = arith::SelectOp::create(b, isUpper, received, first);
      second = arith::SelectOp::create(b, isUpper, second, received);
    }
  }
}

bool RowStore::canChunk(const StoreColumns &columns, int64_t width) const {
  return columns.isQuad && type.getIntOrFloatBitWidth() == 16 && width % kBlockColumns == 0 && width >= kQuad * kBlockColumns;
}

/// A store of pairs fills half of the sectors that memory transfers; chunks of four lanes fill two sectors.
void RowStore::writeChunks(ImplicitLocOpBuilder &b, Value row, const StoreColumns &columns, int64_t width, ArrayRef<Value> outputs) {
  constexpr int64_t kGroupColumns = kQuad * kBlockColumns;
  int64_t groups = width / kGroupColumns;
  Value lane = arith::ShRUIOp::create(b, columns.first, i32Constant(b, 1));
  SmallVector<Value> words;
  for (int64_t pair = 0; pair < groups * kQuad; ++pair)
    words.push_back(packPair(b, type, outputs[2 * pair], outputs[2 * pair + 1]));
  // All lanes take part, also those whose row does not exist.
  for (int64_t group = 0; group < groups; ++group)
    transposeInQuad(b, lane, MutableArrayRef<Value>(words).slice(group * kQuad, kQuad));
  whereRowExists(b, row, [&](Value address) {
    Value start = arith::MulIOp::create(b, arith::ExtUIOp::create(b, b.getI64Type(), lane), i64Constant(b, kChunkBytes));
    Value base = pointerAt(b, arith::AddIOp::create(b, address, start));
    for (int64_t group = 0; group < groups; ++group) {
      Value chunk = vector::FromElementsOp::create(b, VectorType::get({kQuad}, b.getI32Type()), ValueRange(words).slice(group * kQuad, kQuad));
      Value place = LLVM::GEPOp::create(b, base.getType(), b.getI8Type(), base, ArrayRef<LLVM::GEPArg>{int32_t(group * kQuad * kChunkBytes)});
      LLVM::StoreOp::create(b, chunk, place, kChunkBytes);
    }
    int64_t done = groups * kGroupColumns;
    if (done < width) {
      StoreColumns rest = columns;
      rest.first = arith::AddIOp::create(b, columns.first, i32Constant(b, done));
      rest.last += done;
      writePairs(b, address, rest, width, outputs.drop_front(2 * groups * kQuad), /*together=*/true);
    }
  });
}

void RowStore::write(ImplicitLocOpBuilder &b, Value row, const StoreColumns &columns, int64_t width, ArrayRef<Value> outputs,
                     const FinalResult &result) {
  auto writeApart = [&](bool together) { whereRowExists(b, row, [&](Value address) { writePairs(b, address, columns, width, outputs, together); }); };
  bool areChunks = canChunk(columns, width);
  if (areChunks || width % 2 == 0) {
    auto branch = scf::IfOp::create(b, areChunks ? chunksAligned : pairsAligned, /*withElseRegion=*/true);
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(branch.thenBlock());
    if (areChunks)
      writeChunks(b, row, columns, width, outputs);
    else
      writeApart(/*together=*/true);
    b.setInsertionPointToStart(branch.elseBlock());
    writeApart(/*together=*/false);
  } else {
    writeApart(/*together=*/false);
  }
  writeStatistics(b, row, columns, result);
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
