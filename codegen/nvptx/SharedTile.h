//===- SharedTile.h - a tile in shared memory -------------------*- C++ -*-===//
//
// Rows of 16-bit elements whose 16-byte chunks are permuted by the row (chunk ^ row % 8), so that the eight rows of a matrix that ldmatrix
// reads, and the chunks that neighbouring threads write, lie in different banks.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_CODEGEN_NVPTX_SHAREDTILE_H
#define ATTN_CODEGEN_NVPTX_SHAREDTILE_H

#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "llvm/ADT/STLFunctionalExtras.h"

namespace mlir::attn {

/// How the four 8x8 matrices of one ldmatrix lie in a 16 x 16 block: in the order of an A operand (rows first; also a B operand whose depth is
/// the rows, read transposed), or of a B operand whose depth is the columns.
enum class MatrixOrder { RowsFirst, ColumnsFirst };

/// Values that every thread of a block computes once.
struct BlockThread {
  Value thread, lane, warp; // i32
  int64_t count;            // threads of the block
};

/// Where the rows of a tile lie in global memory.
struct GlobalRows {
  /// Address (i64) of the first element of row `row` (i32, counted from the tile's first row).
  llvm::function_ref<Value(ImplicitLocOpBuilder &, Value row)> address;
  /// Rows that exist (i32, may be negative or larger than the tile); others become zeros.
  Value count;
  /// Elements of a row; others become zeros.
  int64_t columns;
  /// Bytes (i64) from one row to the next; null where the rows do not lie at equal distances.
  Value stride;
  /// Whether every row begins at a multiple of 16 bytes.
  bool isAligned;
};

class SharedTile {
public:
  /// A tile of `rows` x `columns` elements at byte `offset` of the block's shared memory `base` (a pointer). A warp reads from row `firstRow` (i32;
  /// null: 0) on.
  SharedTile(ImplicitLocOpBuilder &b, const BlockThread &thread, Value base, int64_t offset, int64_t rows, int64_t columns, Value firstRow = {});

  static int64_t getBytes(int64_t rows, int64_t columns);
  int64_t getDepthSteps() const { return columns / 16; }

  /// The same tile, `bytes` (i32) further on.
  SharedTile getMoved(ImplicitLocOpBuilder &b, Value bytes) const;
  /// Lets what `load` computes depend on `zero` (i32, 0 at run time) from here on. In a loop whose index it comes from, addresses are then computed
  /// where they are used: the assembler would compute all of them before the loop and have no registers to keep them in.
  void computeAddressesFrom(ImplicitLocOpBuilder &b, Value zero);
  /// Copies the rows, all threads of the block together. The copies may be under way afterwards: see commit and wait.
  void copy(ImplicitLocOpBuilder &b, const BlockThread &thread, const GlobalRows &source);
  /// Reads the 16 x 16 block at (row, 16 * step), rows counted from the warp's first, for this lane: four i32 of two elements each. `row` is a
  /// multiple of 8.
  SmallVector<Value> load(ImplicitLocOpBuilder &b, MatrixOrder order, int64_t row, int64_t step, bool transpose);

private:
  Value getChunkOffset(ImplicitLocOpBuilder &b, Value row, Value chunk);
  void copyAsynchronously(ImplicitLocOpBuilder &b, const BlockThread &thread, const GlobalRows &source);
  void copyElements(ImplicitLocOpBuilder &b, const BlockThread &thread, const GlobalRows &source);
  /// The constant is kept apart, so that it becomes part of the instruction.
  Value at(ImplicitLocOpBuilder &b, Value bytes, int64_t constant = 0);

  Value memory;
  int64_t rows, columns, pitch;
  /// The first chunk that this thread copies, and its offset.
  Value copyRow, copyChunk, copyOffset;
  /// Offset of this lane's row and its permuted first chunk, for each order; and their counterparts inside a loop.
  Value laneRow[2], laneChunk[2], loopRow[2], loopChunk[2];
};

/// Closes the group of copies begun so far.
void commitCopies(ImplicitLocOpBuilder &b);
/// Waits until all groups of this thread but the last `pending` are done, and for all threads of the block.
void waitForCopies(ImplicitLocOpBuilder &b, unsigned pending);

Value i32Constant(ImplicitLocOpBuilder &b, int64_t value);

} // namespace mlir::attn

#endif // ATTN_CODEGEN_NVPTX_SHAREDTILE_H
