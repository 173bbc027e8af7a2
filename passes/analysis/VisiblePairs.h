//===- VisiblePairs.h - counting visible pairs ------------------*- C++ -*-===//
//
// What a mask leaves to compute, for concrete sizes: useful FLOPs and bytes follow from the number of visible (i, j) pairs.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_PASSES_ANALYSIS_VISIBLEPAIRS_H
#define ATTN_PASSES_ANALYSIS_VISIBLEPAIRS_H

#include "passes/analysis/Segments.h"
#include "passes/analysis/TileBounds.h"

namespace mlir::attn {

/// The rows of one batch entry and head, with all numbers known.
struct RowSet {
  int64_t batch = 0, head = 0;
  int64_t numRows = 0;
  /// Position of row 0: row r has i = r + offset.
  int64_t offset = 0;
  /// Keys that exist: min(Tk, key length of the batch entry).
  int64_t numKeys = 0;
  /// Values of the mask's symbols: Tq, Tk, bound numbers.
  SmallVector<int64_t> symbols;
};

struct PairCount {
  int64_t pairs = 0;
  /// False where a predicate over many elements was sampled instead of tested for each of them.
  bool exact = true;
};

/// The keys y of `segment` within its bounds for the query at position `query`; its predicate is not tested.
Interval getRowInterval(const Segment &segment, int64_t rowStride, const RowSet &rows, int64_t query);

/// The number of visible pairs. Takes time proportional to the number of rows.
PairCount countVisiblePairs(ArrayRef<Segmentation> parts, const RowSet &rows);

/// The first row in [0, numRows) that sees no key.
std::optional<int64_t> findEmptyRow(ArrayRef<Segmentation> parts, const RowSet &rows);

/// Whether any bound differs between batch entries or between heads: if not, one count serves all.
bool dependsOnBatchOrHead(ArrayRef<Segmentation> parts);

} // namespace mlir::attn

#endif // ATTN_PASSES_ANALYSIS_VISIBLEPAIRS_H
