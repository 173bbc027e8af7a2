//===- RowTiles.h - the work on one tile of rows ----------------*- C++ -*-===//
//
// Builds, inside an `attn.parallel`, everything one task does: views, the key loops of each segment, and what becomes of the state.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_PASSES_TILE_ROWTILES_H
#define ATTN_PASSES_TILE_ROWTILES_H

#include "dialect/AttnOps.h"
#include "mlir/IR/IRMapping.h"

namespace mlir::attn {

/// What the stages of one attention have in common. Memrefs stand in for the tensors of `online`.
struct AttentionStages {
  // A handle, whose accessors are not const.
  mutable OnlineAttentionOp online;
  Value query, key, value;
  /// Null where there are none.
  Value lengths;
  /// An index, or an i32 memref with one offset per batch row.
  Value offset;
  Value exponent;
  /// Tq, Tk and the bound numbers.
  SmallVector<Value> numbers;
  /// Query heads packed into rows, and heads of parallel work; their product is Hq.
  int64_t group;
  int64_t heads;
  TileChoice tiles;
  /// Values that the score region uses, as the new function has them.
  const IRMapping *mapping;
};

/// Where a task is: its point in the index space.
struct RowTileIndex {
  Value batch, head, residue, rowTile;
  /// Null where the keys are not split.
  Value chunk = {};
  /// Keys of a chunk; null where it is the target's constant.
  Value chunkKeys = {};
};

/// Rows of a task: which part of the queries and results it touches.
struct RowWindow {
  Value first, count, origin;
};

/// The rows with this residue, for one batch row.
RowWindow buildRowWindow(ImplicitLocOpBuilder &b, const AttentionStages &stages, const RowTileIndex &index);

/// A view of the rows of `memory` (queries, an output, or one number per row).
Value buildQueryView(ImplicitLocOpBuilder &b, const AttentionStages &stages, const RowTileIndex &index, const RowWindow &window, Value memory);

/// The state of `rows` rows after all visible keys (of the chunk, where there is one), in key tiles of `keys` keys.
Value buildRowTile(ImplicitLocOpBuilder &b, const AttentionStages &stages, const RowTileIndex &index, int64_t rows, int64_t keys);

/// Destinations of a result; the last two may be null.
struct ResultMemory {
  Value output, lse, rowMax;
};

/// Finalises a state and stores what is asked for, if the condition holds (null: always).
void buildStoreResults(ImplicitLocOpBuilder &b, const AttentionStages &stages, const RowTileIndex &index, Value state, Value exponent,
                       const ResultMemory &results, Value condition = {});

/// `ceil(numerator / denominator)` for a numerator that is not negative.
Value buildCeilDiv(ImplicitLocOpBuilder &b, Value numerator, int64_t denominator);

/// `max(0, ceil(numerator / denominator))`.
Value buildCount(ImplicitLocOpBuilder &b, Value numerator, int64_t denominator);

Value buildIndex(ImplicitLocOpBuilder &b, int64_t value);

} // namespace mlir::attn

#endif // ATTN_PASSES_TILE_ROWTILES_H
