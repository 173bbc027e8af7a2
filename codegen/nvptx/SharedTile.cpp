//===- SharedTile.cpp - a tile in shared memory ---------------------------===//

#include "codegen/nvptx/SharedTile.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mlir::attn;

static constexpr int64_t kElementBytes = 2;
static constexpr int64_t kChunkBytes = 16;
static constexpr int64_t kChunkElements = kChunkBytes / kElementBytes;
/// Elements of eight chunks, over which the permutation runs.
static constexpr int64_t kPitchElements = 8 * kChunkElements;

Value attn::i32Constant(ImplicitLocOpBuilder &b, int64_t value) { return arith::ConstantOp::create(b, b.getI32IntegerAttr(value)); }

static int64_t roundUpTo(int64_t value, int64_t multiple) { return (value + multiple - 1) / multiple * multiple; }

static Value multiply(ImplicitLocOpBuilder &b, Value value, int64_t factor) { return arith::MulIOp::create(b, value, i32Constant(b, factor)); }

int64_t SharedTile::getBytes(int64_t rows, int64_t columns) { return rows * roundUpTo(columns, kPitchElements) * kElementBytes; }

SharedTile::SharedTile(ImplicitLocOpBuilder &b, const BlockThread &thread, Value base, int64_t offset, int64_t rows, int64_t columns, Value firstRow)
    : rows(rows), columns(roundUpTo(columns, 16)), pitch(roundUpTo(columns, kPitchElements) * kElementBytes) {
  memory = LLVM::GEPOp::create(b, base.getType(), b.getI8Type(), base, ArrayRef<LLVM::GEPArg>{int32_t(offset)});
  int64_t chunks = this->columns / kChunkElements;
  copyRow = arith::DivUIOp::create(b, thread.thread, i32Constant(b, chunks));
  copyChunk = arith::RemUIOp::create(b, thread.thread, i32Constant(b, chunks));
  copyOffset = getChunkOffset(b, copyRow, copyChunk);
  // Lane l gives the address of row l % 8 of matrix l / 8.
  Value inMatrix = arith::AndIOp::create(b, thread.lane, i32Constant(b, 7));
  Value matrix = arith::ShRUIOp::create(b, thread.lane, i32Constant(b, 3));
  Value low = arith::AndIOp::create(b, matrix, i32Constant(b, 1)), high = arith::ShRUIOp::create(b, matrix, i32Constant(b, 1));
  for (MatrixOrder order : {MatrixOrder::RowsFirst, MatrixOrder::ColumnsFirst}) {
    bool rowsFirst = order == MatrixOrder::RowsFirst;
    Value row = arith::AddIOp::create(b, inMatrix, multiply(b, rowsFirst ? low : high, 8));
    if (firstRow)
      row = arith::AddIOp::create(b, row, firstRow);
    laneRow[unsigned(order)] = multiply(b, row, pitch);
    Value chunk = arith::XOrIOp::create(b, rowsFirst ? high : low, inMatrix);
    laneChunk[unsigned(order)] = multiply(b, chunk, kChunkBytes);
  }
  computeAddressesFrom(b, {});
}

SharedTile SharedTile::getMoved(ImplicitLocOpBuilder &b, Value bytes) const {
  SharedTile moved = *this;
  moved.memory = LLVM::GEPOp::create(b, memory.getType(), b.getI8Type(), memory, ArrayRef<LLVM::GEPArg>{bytes});
  return moved;
}

void SharedTile::computeAddressesFrom(ImplicitLocOpBuilder &b, Value zero) {
  for (unsigned order = 0; order < 2; ++order) {
    loopRow[order] = laneRow[order];
    loopChunk[order] = zero ? Value(arith::AddIOp::create(b, laneChunk[order], zero)) : laneChunk[order];
    if (!llvm::isPowerOf2_64(pitch))
      continue;
    // The bits of rows and those of chunks are apart: one number holds both.
    loopChunk[order] = arith::AddIOp::create(b, loopChunk[order], laneRow[order]);
    loopRow[order] = {};
  }
}

Value SharedTile::at(ImplicitLocOpBuilder &b, Value bytes, int64_t constant) {
  Value pointer = LLVM::GEPOp::create(b, memory.getType(), b.getI8Type(), memory, ArrayRef<LLVM::GEPArg>{bytes});
  return constant ? Value(LLVM::GEPOp::create(b, memory.getType(), b.getI8Type(), pointer, ArrayRef<LLVM::GEPArg>{int32_t(constant)})) : pointer;
}

Value SharedTile::getChunkOffset(ImplicitLocOpBuilder &b, Value row, Value chunk) {
  Value permuted = arith::XOrIOp::create(b, chunk, arith::AndIOp::create(b, row, i32Constant(b, 7)));
  return arith::AddIOp::create(b, multiply(b, row, pitch), multiply(b, permuted, kChunkBytes));
}

/// Bytes of a chunk that exist.
static Value countBytes(ImplicitLocOpBuilder &b, const GlobalRows &source, int64_t columns, Value row, Value chunk) {
  Value bytes = i32Constant(b, kChunkBytes);
  if (source.columns < columns) {
    Value left = arith::SubIOp::create(b, i32Constant(b, source.columns * kElementBytes), multiply(b, chunk, kChunkBytes));
    bytes = arith::MaxSIOp::create(b, arith::MinSIOp::create(b, left, bytes), i32Constant(b, 0));
  }
  Value exists = arith::CmpIOp::create(b, arith::CmpIPredicate::slt, row, source.count);
  return arith::SelectOp::create(b, exists, bytes, i32Constant(b, 0));
}

static Value globalPointer(ImplicitLocOpBuilder &b, Value address) {
  return LLVM::IntToPtrOp::create(b, LLVM::LLVMPointerType::get(b.getContext(), unsigned(NVVM::NVVMMemorySpace::Global)), address);
}

static Value chunkAddress(ImplicitLocOpBuilder &b, Value rowAddress, Value chunk) {
  return arith::AddIOp::create(b, rowAddress, arith::ExtUIOp::create(b, b.getI64Type(), multiply(b, chunk, kChunkBytes)));
}

void SharedTile::copyAsynchronously(ImplicitLocOpBuilder &b, const BlockThread &thread, const GlobalRows &source) {
  int64_t chunks = columns / kChunkElements, rowsAtOnce = thread.count / chunks;
  auto issue = [&](Value row, Value chunk, Value offset, int64_t constant, Value address) {
    NVVM::CpAsyncOp::create(b, at(b, offset, constant), globalPointer(b, address), b.getI32IntegerAttr(kChunkBytes),
                            NVVM::LoadCacheModifierKindAttr::get(b.getContext(), NVVM::LoadCacheModifierKind::CG),
                            countBytes(b, source, columns, row, chunk));
  };
  // Where a thread copies the same chunk of every so many rows, addresses differ by constants and by multiples of one stride. The number of rows is a
  // power of two, so that the permutation of a later row differs from that of the first in bits of its own.
  if (source.stride && llvm::isPowerOf2_64(rowsAtOnce) && thread.count % chunks == 0 && rows % rowsAtOnce == 0) {
    Value address = chunkAddress(b, source.address(b, copyRow), copyChunk);
    Value step = arith::MulIOp::create(b, source.stride, arith::ConstantOp::create(b, b.getI64IntegerAttr(rowsAtOnce)));
    for (int64_t first = 0; first < rows; first += rowsAtOnce) {
      if (first)
        address = arith::AddIOp::create(b, address, step);
      Value offset = arith::XOrIOp::create(b, copyOffset, i32Constant(b, first % 8 * kChunkBytes));
      issue(arith::AddIOp::create(b, copyRow, i32Constant(b, first)), copyChunk, offset, first * pitch, address);
    }
    return;
  }
  for (int64_t first = 0; first < rows * chunks; first += thread.count) {
    OpBuilder::InsertionGuard guard(b);
    Value number = arith::AddIOp::create(b, thread.thread, i32Constant(b, first));
    // The last threads may have nothing left to copy: what lies behind the tile is not theirs.
    if (first + thread.count > rows * chunks) {
      Value exists = arith::CmpIOp::create(b, arith::CmpIPredicate::slt, number, i32Constant(b, rows * chunks));
      b.setInsertionPointToStart(scf::IfOp::create(b, exists, /*withElseRegion=*/false).thenBlock());
    }
    Value row = arith::DivUIOp::create(b, number, i32Constant(b, chunks)), chunk = arith::RemUIOp::create(b, number, i32Constant(b, chunks));
    issue(row, chunk, getChunkOffset(b, row, chunk), 0, chunkAddress(b, source.address(b, row), chunk));
  }
}

/// For rows that do not begin at multiples of 16 bytes: element by element, in loops, as nothing hurries here.
void SharedTile::copyElements(ImplicitLocOpBuilder &b, const BlockThread &thread, const GlobalRows &source) {
  int64_t chunks = columns / kChunkElements;
  OpBuilder::InsertionGuard guard(b);
  auto loop = scf::ForOp::create(b, thread.thread, i32Constant(b, rows * chunks), i32Constant(b, thread.count));
  b.setInsertionPointToStart(loop.getBody());
  Value number = loop.getInductionVar();
  Value row = arith::DivUIOp::create(b, number, i32Constant(b, chunks)), chunk = arith::RemUIOp::create(b, number, i32Constant(b, chunks));
  Value offset = getChunkOffset(b, row, chunk), bytes = countBytes(b, source, columns, row, chunk);
  Value address = chunkAddress(b, source.address(b, row), chunk);
  auto elements = scf::ForOp::create(b, i32Constant(b, 0), i32Constant(b, kChunkBytes), i32Constant(b, kElementBytes));
  b.setInsertionPointToStart(elements.getBody());
  Value byte = elements.getInductionVar();
  Value exists = arith::CmpIOp::create(b, arith::CmpIPredicate::slt, byte, bytes);
  auto load = scf::IfOp::create(b, b.getI16Type(), exists, /*withElseRegion=*/true);
  b.setInsertionPointToStart(load.thenBlock());
  Value from = arith::AddIOp::create(b, address, arith::ExtUIOp::create(b, b.getI64Type(), byte));
  scf::YieldOp::create(b, Value(LLVM::LoadOp::create(b, b.getI16Type(), globalPointer(b, from))));
  b.setInsertionPointToStart(load.elseBlock());
  scf::YieldOp::create(b, Value(arith::ConstantOp::create(b, b.getI16IntegerAttr(0))));
  b.setInsertionPointAfter(load);
  LLVM::StoreOp::create(b, load.getResult(0), at(b, arith::AddIOp::create(b, offset, byte)));
}

void SharedTile::copy(ImplicitLocOpBuilder &b, const BlockThread &thread, const GlobalRows &source) {
  if (source.isAligned)
    copyAsynchronously(b, thread, source);
  else
    copyElements(b, thread, source);
}

SmallVector<Value> SharedTile::load(ImplicitLocOpBuilder &b, MatrixOrder order, int64_t row, int64_t step, bool transpose) {
  Value offset = arith::XOrIOp::create(b, loopChunk[unsigned(order)], i32Constant(b, 2 * step * kChunkBytes));
  if (Value row = loopRow[unsigned(order)])
    offset = arith::AddIOp::create(b, row, offset);
  Type i32 = b.getI32Type();
  auto type = LLVM::LLVMStructType::getLiteral(b.getContext(), {i32, i32, i32, i32});
  Value loaded = NVVM::LdMatrixOp::create(b, type, at(b, offset, row * pitch), 4, transpose ? NVVM::MMALayout::col : NVVM::MMALayout::row,
                                          NVVM::LdStMatrixShapeAttr::get(b.getContext(), 8, 8), NVVM::LdStMatrixEltType::B16);
  SmallVector<Value> registers;
  for (int64_t n = 0; n < 4; ++n)
    registers.push_back(LLVM::ExtractValueOp::create(b, loaded, n));
  return registers;
}

void attn::commitCopies(ImplicitLocOpBuilder &b) { NVVM::CpAsyncCommitGroupOp::create(b); }

void attn::waitForCopies(ImplicitLocOpBuilder &b, unsigned pending) {
  NVVM::CpAsyncWaitGroupOp::create(b, b.getI32IntegerAttr(pending));
  NVVM::Barrier0Op::create(b);
}
