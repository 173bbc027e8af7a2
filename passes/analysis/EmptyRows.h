//===- EmptyRows.h - rows that see nothing, for symbolic sizes --*- C++ -*-===//
//
// A query row that sees no key is legal (its output is zero) but seldom meant. This looks for sizes for which a mask has such a
// row; VisiblePairs.h answers the same question for given sizes.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_PASSES_ANALYSIS_EMPTYROWS_H
#define ATTN_PASSES_ANALYSIS_EMPTYROWS_H

#include "passes/analysis/Segments.h"

namespace mlir::attn {

/// What is known of the numbers that a mask depends on.
struct EmptyRowQuery {
  /// Inclusive ends.
  struct Range {
    std::optional<int64_t> first, last;
  };
  /// One for each symbol of the mask (MaskSymbol); missing ones are unbounded. Lengths are at least one in any case.
  SmallVector<Range> symbols;
  /// Whether row r has the position r + Tk - Tq; otherwise the offset is an operand, and positions are anything that is not
  /// negative.
  bool offsetFromLengths = true;
  /// Heads are 0 to numHeads - 1.
  std::optional<int64_t> numHeads;
};

/// Numbers for which one row sees no key.
struct EmptyRow {
  int64_t batch, head, query;
  SmallVector<int64_t> symbols;
};

struct EmptyRowAnswer {
  std::optional<EmptyRow> witness;
  /// Without a witness: whether there is certainly none with numbers of magnitude up to 2^14. It is not certain if a predicate
  /// may hide keys or the time is over.
  bool isCertain = false;
};

/// Looks for numbers for which a row of the mask with segments `parts` (computeSegmentsApart) sees nothing; small ones are
/// preferred.
EmptyRowAnswer findEmptyRow(ArrayRef<Segmentation> parts, const EmptyRowQuery &query, unsigned numSymbols, MLIRContext *context,
                            std::chrono::milliseconds budget = kDefaultAnalysisBudget);

} // namespace mlir::attn

#endif // ATTN_PASSES_ANALYSIS_EMPTYROWS_H
