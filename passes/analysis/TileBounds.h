//===- TileBounds.h - keys of a tile of rows --------------------*- C++ -*-===//
//
// From the intervals of single rows to those of a tile of rows: the hull, outside which nothing is visible and no key tile is
// visited, and the interior, in which everything is visible and no key tile needs a guard. Both are symbolic in the rows of the
// tile, so that the same question can be asked again for a panel's or a warpgroup's rows; tile sizes enter only when numbers
// are put in.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_PASSES_ANALYSIS_TILEBOUNDS_H
#define ATTN_PASSES_ANALYSIS_TILEBOUNDS_H

#include "passes/analysis/Segments.h"

namespace mlir::attn {

/// Dimensions of the expressions below: batch, head, first and last row x of the tile in the query view, first <= last. Symbols
/// are those of the segment.
enum class TileDim : unsigned { Batch = 0, Head = 1, FirstRow = 2, LastRow = 3 };

/// The keys y >= 0 of a view with max(lower) <= y < min(upper), none unless all conditions are at least zero.
struct KeyBounds {
  SmallVector<AffineExpr> lower, upper, conditions;
  /// Whether the bounds are the best there are, for all sizes; otherwise they are only safe.
  bool exact = true;
};

struct TileBounds {
  /// Every key that some row of the tile sees lies in the hull; if exact, some row sees every key of it.
  KeyBounds hull;
  /// Every row of the tile sees every key of the interior; if exact, there is no other such key. None where a predicate is to
  /// be tested.
  std::optional<KeyBounds> interior;
};

/// The bounds of any tile of rows in `segment`, a segment of a mask with `numSymbols` symbols and a query view of stride
/// `rowStride`.
TileBounds getTileBounds(const Segment &segment, int64_t rowStride, unsigned numSymbols, MLIRContext *context);

/// Half-open interval of integers; empty if begin >= end.
struct Interval {
  int64_t begin = 0, end = 0;
  bool isEmpty() const { return begin >= end; }
};

/// `bounds` for concrete (batch, head, first, last) and symbols (R included), within [0, extent). {0, 0} if empty.
Interval evaluate(const KeyBounds &bounds, ArrayRef<int64_t> dims, ArrayRef<int64_t> symbols, int64_t extent);

/// Key tiles of a tile of rows: visit [lo, hi), without guards in [guardFreeLo, guardFreeHi).
/// lo <= guardFreeLo <= guardFreeHi <= hi; guardFreeLo = guardFreeHi = lo if no tile is free of guards.
struct KeyTiles {
  int64_t lo = 0, guardFreeLo = 0, guardFreeHi = 0, hi = 0;
};

/// The key tiles of `tileSize` keys for concrete values as above. `extent`: the number of keys in the view; the last tile is
/// guarded if the extent cuts it.
KeyTiles getKeyTiles(const TileBounds &bounds, ArrayRef<int64_t> dims, ArrayRef<int64_t> symbols, int64_t tileSize,
                     int64_t extent);

/// The number of keys y >= 0 in the view of `segment` whose position is below `length`.
int64_t getKeyExtent(const Segment &segment, int64_t batch, int64_t head, ArrayRef<int64_t> symbols, int64_t length);

/// The rows x of a query view with offset <= rowStride * x + residue < offset + length.
Interval getViewRows(int64_t rowStride, int64_t residue, int64_t offset, int64_t length);

} // namespace mlir::attn

#endif // ATTN_PASSES_ANALYSIS_TILEBOUNDS_H
