//===- SharedTile.cpp - a tile in shared memory ---------------------------===//

#include "codegen/nvptx/SharedTile.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mlir::attn;

static constexpr int64_t kChunkBytes = 16;
/// Chunks over which the permutation runs.
static constexpr int64_t kPeriod = 8;

Value attn::i32Constant(ImplicitLocOpBuilder &b, int64_t value) { return arith::ConstantOp::create(b, b.getI32IntegerAttr(value)); }

static int64_t roundUpTo(int64_t value, int64_t multiple) { return (value + multiple - 1) / multiple * multiple; }

static Value multiply(ImplicitLocOpBuilder &b, Value value, int64_t factor) { return arith::MulIOp::create(b, value, i32Constant(b, factor)); }

int64_t SharedTileShape::getPitch() const { return roundUpTo(columns * elementBytes, kPeriod * kChunkBytes); }

SharedTile::SharedTile(ImplicitLocOpBuilder &b, const BlockThread &thread, Value base, int64_t offset, const SharedTileShape &shape, Value firstRow)
    : rows(shape.rows), columns(roundUpTo(shape.columns, 16)), elementBytes(shape.elementBytes), pitch(shape.getPitch()) {
  memory = LLVM::GEPOp::create(b, base.getType(), b.getI8Type(), base, ArrayRef<LLVM::GEPArg>{int32_t(offset)});
  int64_t chunks = countChunks();
  copyRow = arith::DivUIOp::create(b, thread.thread, i32Constant(b, chunks));
  copyChunk = arith::RemUIOp::create(b, thread.thread, i32Constant(b, chunks));
  copyOffset = getChunkOffset(b, copyRow, copyChunk);
  // Lane l gives the address of row l % 8 of matrix l / 8.
  Value inMatrix = arith::AndIOp::create(b, thread.lane, i32Constant(b, 7));
  Value matrix = arith::ShRUIOp::create(b, thread.lane, i32Constant(b, 3));
  Value low = arith::AndIOp::create(b, matrix, i32Constant(b, 1)), high = arith::ShRUIOp::create(b, matrix, i32Constant(b, 1));
  auto setRow = [&](Pattern pattern, Value row) {
    if (firstRow)
      row = arith::AddIOp::create(b, row, firstRow);
    laneRow[pattern] = multiply(b, row, pitch);
  };
  for (Pattern pattern : {RowsFirst, ColumnsFirst}) {
    bool rowsFirst = pattern == RowsFirst;
    setRow(pattern, arith::AddIOp::create(b, inMatrix, multiply(b, rowsFirst ? low : high, 8)));
    Value chunk = arith::XOrIOp::create(b, rowsFirst ? high : low, inMatrix);
    laneChunk[pattern] = multiply(b, chunk, kChunkBytes);
  }
  if (elementBytes == 4) {
    // Lane l reads column l / 4 of rows 2 * (l % 4) and the one after: where the weights of these two keys lie in registers. The eight chunks that
    // the lanes meet are different ones, and so are their banks.
    Value row = multiply(b, arith::AndIOp::create(b, thread.lane, i32Constant(b, 3)), 2), column = arith::ShRUIOp::create(b, thread.lane, i32Constant(b, 2));
    setRow(Elements, row);
    Value chunk = arith::XOrIOp::create(b, arith::ShRUIOp::create(b, column, i32Constant(b, 2)), row);
    Value inChunk = multiply(b, arith::AndIOp::create(b, column, i32Constant(b, 3)), elementBytes);
    laneChunk[Elements] = arith::AddIOp::create(b, multiply(b, chunk, kChunkBytes), inChunk);
  }
  computeAddressesFrom(b, {});
}

SharedTile SharedTile::getMoved(ImplicitLocOpBuilder &b, Value bytes) const {
  SharedTile moved = *this;
  moved.memory = LLVM::GEPOp::create(b, memory.getType(), b.getI8Type(), memory, ArrayRef<LLVM::GEPArg>{bytes});
  return moved;
}

void SharedTile::computeAddressesFrom(ImplicitLocOpBuilder &b, Value zero) {
  for (unsigned pattern = 0; pattern < kPatterns && laneRow[pattern]; ++pattern) {
    loopRow[pattern] = laneRow[pattern];
    loopChunk[pattern] = zero ? Value(arith::AddIOp::create(b, laneChunk[pattern], zero)) : laneChunk[pattern];
    if (!llvm::isPowerOf2_64(pitch))
      continue;
    // The bits of rows and those of chunks are apart: one number holds both.
    loopChunk[pattern] = arith::AddIOp::create(b, loopChunk[pattern], laneRow[pattern]);
    loopRow[pattern] = {};
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

Value SharedTile::countBytes(ImplicitLocOpBuilder &b, const GlobalRows &source, Value row, Value chunk) {
  Value bytes = i32Constant(b, kChunkBytes);
  if (source.columns < columns) {
    Value left = arith::SubIOp::create(b, i32Constant(b, source.columns * elementBytes), multiply(b, chunk, kChunkBytes));
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
  int64_t chunks = countChunks(), rowsAtOnce = thread.count / chunks;
  auto issue = [&](Value row, Value chunk, Value offset, int64_t constant, Value address) {
    NVVM::CpAsyncOp::create(b, at(b, offset, constant), globalPointer(b, address), b.getI32IntegerAttr(kChunkBytes),
                            NVVM::LoadCacheModifierKindAttr::get(b.getContext(), NVVM::LoadCacheModifierKind::CG),
                            countBytes(b, source, row, chunk));
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
  int64_t chunks = countChunks();
  OpBuilder::InsertionGuard guard(b);
  auto loop = scf::ForOp::create(b, thread.thread, i32Constant(b, rows * chunks), i32Constant(b, thread.count));
  b.setInsertionPointToStart(loop.getBody());
  Value number = loop.getInductionVar();
  Value row = arith::DivUIOp::create(b, number, i32Constant(b, chunks)), chunk = arith::RemUIOp::create(b, number, i32Constant(b, chunks));
  Value offset = getChunkOffset(b, row, chunk), bytes = countBytes(b, source, row, chunk);
  Value address = chunkAddress(b, source.address(b, row), chunk);
  auto elements = scf::ForOp::create(b, i32Constant(b, 0), i32Constant(b, kChunkBytes), i32Constant(b, elementBytes));
  b.setInsertionPointToStart(elements.getBody());
  Value byte = elements.getInductionVar();
  Value exists = arith::CmpIOp::create(b, arith::CmpIPredicate::slt, byte, bytes);
  auto type = b.getIntegerType(8 * elementBytes);
  auto load = scf::IfOp::create(b, type, exists, /*withElseRegion=*/true);
  b.setInsertionPointToStart(load.thenBlock());
  Value from = arith::AddIOp::create(b, address, arith::ExtUIOp::create(b, b.getI64Type(), byte));
  scf::YieldOp::create(b, Value(LLVM::LoadOp::create(b, type, globalPointer(b, from))));
  b.setInsertionPointToStart(load.elseBlock());
  scf::YieldOp::create(b, Value(arith::ConstantOp::create(b, b.getIntegerAttr(type, 0))));
  b.setInsertionPointAfter(load);
  LLVM::StoreOp::create(b, load.getResult(0), at(b, arith::AddIOp::create(b, offset, byte)));
}

void SharedTile::copy(ImplicitLocOpBuilder &b, const BlockThread &thread, const GlobalRows &source) {
  if (source.isAligned)
    copyAsynchronously(b, thread, source);
  else
    copyElements(b, thread, source);
}

/// Where this lane's part of chunk `chunk` (even, or odd for rows that are odd as well) of a tile's first rows lies.
Value SharedTile::getLaneOffset(ImplicitLocOpBuilder &b, Pattern pattern, int64_t chunk) {
  Value offset = arith::XOrIOp::create(b, loopChunk[pattern], i32Constant(b, chunk * kChunkBytes));
  if (Value row = loopRow[pattern])
    offset = arith::AddIOp::create(b, row, offset);
  return offset;
}

/// Two chunks of sixteen rows.
SmallVector<Value> SharedTile::loadMatrices(ImplicitLocOpBuilder &b, Pattern pattern, int64_t row, int64_t chunk, bool transpose) {
  Value offset = getLaneOffset(b, pattern, chunk);
  Type i32 = b.getI32Type();
  auto type = LLVM::LLVMStructType::getLiteral(b.getContext(), {i32, i32, i32, i32});
  Value loaded = NVVM::LdMatrixOp::create(b, type, at(b, offset, row * pitch), 4, transpose ? NVVM::MMALayout::col : NVVM::MMALayout::row,
                                          NVVM::LdStMatrixShapeAttr::get(b.getContext(), 8, 8), NVVM::LdStMatrixEltType::B16);
  SmallVector<Value> registers;
  for (int64_t n = 0; n < 4; ++n)
    registers.push_back(LLVM::ExtractValueOp::create(b, loaded, n));
  return registers;
}

/// Sixteen rows and columns of 32 bits, as a second operand by depth.
SmallVector<Value> SharedTile::loadElements(ImplicitLocOpBuilder &b, int64_t row, int64_t step) {
  SmallVector<Value> registers;
  for (int64_t columnBlock : {2 * step, 2 * step + 1})
    for (int64_t rowBlock : {row, row + 8})
      for (int64_t odd : {0, 1}) {
        int64_t chunk = 2 * columnBlock ^ odd, permuted = chunk % kPeriod;
        Value offset = getLaneOffset(b, Elements, permuted);
        registers.push_back(LLVM::LoadOp::create(b, b.getI32Type(), at(b, offset, (rowBlock + odd) * pitch + (chunk - permuted) * kChunkBytes), elementBytes));
      }
  return registers;
}

SmallVector<Value> SharedTile::load(ImplicitLocOpBuilder &b, OperandRole role, int64_t row, int64_t step) {
  Pattern pattern = role == OperandRole::SecondByColumns ? ColumnsFirst : RowsFirst;
  if (elementBytes == 2)
    return loadMatrices(b, pattern, row, 2 * step, /*transpose=*/role == OperandRole::SecondByDepth);
  if (role == OperandRole::SecondByDepth)
    return loadElements(b, row, step);
  // Four elements of 32 bits are a row of a matrix: a lane gets one of each, as if it were a pair.
  SmallVector<Value> left = loadMatrices(b, pattern, row, 4 * step, /*transpose=*/false);
  SmallVector<Value> right = loadMatrices(b, pattern, row, 4 * step + 2, /*transpose=*/false);
  if (role == OperandRole::First) {
    llvm::append_range(left, right);
    return left;
  }
  return {left[0], left[1], right[0], right[1], left[2], left[3], right[2], right[3]};
}

void attn::commitCopies(ImplicitLocOpBuilder &b) { NVVM::CpAsyncCommitGroupOp::create(b); }

void attn::waitForCopies(ImplicitLocOpBuilder &b, unsigned pending) {
  NVVM::CpAsyncWaitGroupOp::create(b, b.getI32IntegerAttr(pending));
  NVVM::Barrier0Op::create(b);
}
