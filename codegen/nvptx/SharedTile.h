//===- SharedTile.h - a tile in shared memory -------------------*- C++ -*-===//
//
// Rows of elements of 16 or 32 bits whose 16-byte chunks are permuted by the row (chunk ^ row % 8), so that the eight rows of a matrix that ldmatrix
// reads, and the chunks that neighbouring threads write, lie in different banks.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_CODEGEN_NVPTX_SHAREDTILE_H
#define ATTN_CODEGEN_NVPTX_SHAREDTILE_H

#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "llvm/ADT/STLFunctionalExtras.h"

namespace mlir::attn {

/// What a block of a tile is in a matrix product: the first operand; the second one, lying as columns x depth, as keys do for scores; or as depth x
/// columns, as values do for outputs.
enum class OperandRole { First, SecondByColumns, SecondByDepth };

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

/// Sizes of a tile in shared memory.
struct SharedTileShape {
  int64_t rows, columns, elementBytes;

  /// Bytes from a row to the next: whole groups of the eight chunks over which the permutation runs.
  int64_t getPitch() const;
  int64_t getBytes() const { return rows * getPitch(); }
};

class SharedTile {
public:
  /// A tile at byte `offset` of the block's shared memory `base` (a pointer). A warp reads from row `firstRow` (i32; null: 0) on.
  SharedTile(ImplicitLocOpBuilder &b, const BlockThread &thread, Value base, int64_t offset, const SharedTileShape &shape, Value firstRow = {});

  int64_t getDepthSteps() const { return columns / 16; }

  /// The same tile, `bytes` (i32) further on.
  SharedTile getMoved(ImplicitLocOpBuilder &b, Value bytes) const;
  /// Lets what `load` computes depend on `zero` (i32, 0 at run time) from here on. In a loop whose index it comes from, addresses are then computed
  /// where they are used: the assembler would compute all of them before the loop and have no registers to keep them in.
  void computeAddressesFrom(ImplicitLocOpBuilder &b, Value zero);
  /// Copies the rows, all threads of the block together. The copies may be under way afterwards: see commit and wait.
  void copy(ImplicitLocOpBuilder &b, const BlockThread &thread, const GlobalRows &source);
  /// Reads the 16 x 16 block at (row, 16 * step), rows counted from the warp's first, for this lane: four i32 of two elements each, or eight of one.
  /// Those of a second operand's first eight columns come before the others; WarpProduct says which elements they are. `row` is a multiple of 8.
  SmallVector<Value> load(ImplicitLocOpBuilder &b, OperandRole role, int64_t row, int64_t step);

private:
  /// How a lane's addresses begin: for the four matrices of one ldmatrix, in the order of a first operand (also of a second one by depth, read
  /// transposed) or of a second one by columns; for single elements of 32 bits, which no ldmatrix transposes.
  enum Pattern : unsigned { RowsFirst, ColumnsFirst, Elements, kPatterns };

  SmallVector<Value> loadMatrices(ImplicitLocOpBuilder &b, Pattern pattern, int64_t row, int64_t chunk, bool transpose);
  SmallVector<Value> loadElements(ImplicitLocOpBuilder &b, int64_t row, int64_t step);
  Value getLaneOffset(ImplicitLocOpBuilder &b, Pattern pattern, int64_t chunk);
  int64_t countChunks() const { return columns * elementBytes / 16; }
  Value getChunkOffset(ImplicitLocOpBuilder &b, Value row, Value chunk);
  /// Bytes (i32) of a chunk that exist.
  Value countBytes(ImplicitLocOpBuilder &b, const GlobalRows &source, Value row, Value chunk);
  void copyAsynchronously(ImplicitLocOpBuilder &b, const BlockThread &thread, const GlobalRows &source);
  void copyElements(ImplicitLocOpBuilder &b, const BlockThread &thread, const GlobalRows &source);
  /// The constant is kept apart, so that it becomes part of the instruction.
  Value at(ImplicitLocOpBuilder &b, Value bytes, int64_t constant = 0);

  Value memory;
  int64_t rows, columns, elementBytes, pitch;
  /// The first chunk that this thread copies, and its offset.
  Value copyRow, copyChunk, copyOffset;
  /// Offset of this lane's row and of its place in the permuted first chunk, for each pattern; and their counterparts inside a loop.
  Value laneRow[kPatterns], laneChunk[kPatterns], loopRow[kPatterns], loopChunk[kPatterns];
};

/// Closes the group of copies begun so far.
void commitCopies(ImplicitLocOpBuilder &b);
/// Waits until all groups of this thread but the last `pending` are done, and for all threads of the block.
void waitForCopies(ImplicitLocOpBuilder &b, unsigned pending);

Value i32Constant(ImplicitLocOpBuilder &b, int64_t value);

} // namespace mlir::attn

#endif // ATTN_CODEGEN_NVPTX_SHAREDTILE_H
