//===- Segments.h - from a mask to intervals of keys ------------*- C++ -*-===//
//
// The set analysis: a mask becomes disjoint segments, each an interval of keys per row in a (perhaps strided) view of queries
// and keys. Everything later phases ask (tiles to visit, guards, counts, the transposed question) is derived from segments.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_PASSES_ANALYSIS_SEGMENTS_H
#define ATTN_PASSES_ANALYSIS_SEGMENTS_H

#include "dialect/MaskFormula.h"

#include "mlir/IR/AffineExpr.h"
#include "llvm/ADT/SmallVector.h"

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace mlir::attn {

/// Dimensions of a segment's expressions: batch, head, row x of the query view (i = rowStride * x + R). Symbols are those of
/// the mask and, last, R: the residue of the query view in [0, rowStride).
enum class SegmentDim : unsigned { Batch = 0, Head = 1, Row = 2 };

/// Visible keys of one part of a mask, seen through a strided view: key j = keyStride * y + keyPhase.
struct Segment {
  int64_t keyStride = 1;
  /// In [0, keyStride); over batch, head and the symbols. Zero where the stride is one.
  AffineExpr keyPhase;
  /// Row x sees the keys y with max(lower) <= y < min(upper). Neither the extent of the key view nor zero is among the bounds:
  /// y is a position of the view, in [0, extent).
  SmallVector<AffineExpr> lower, upper;
  /// The row sees nothing in this segment unless all are at least zero.
  SmallVector<AffineExpr> conditions;
  /// Where present, a key within the bounds is visible only if this holds too, for the original (b, h, i, j).
  std::optional<MaskFormula> predicate;
};

/// Whether bounds look at the query head, so that heads of a group cannot share key tiles.
bool dependsOnHead(const Segment &segment);

/// A mask as segments that are disjoint as sets of (i, j) pairs; all share one query view.
struct Segmentation {
  int64_t rowStride = 1;
  std::vector<Segment> segments;
  /// Why a predicate has to be tested per element; empty if none has to.
  std::string remark;
};

constexpr std::chrono::milliseconds kDefaultAnalysisBudget(200);

/// The segments of `mask`, a formula with `numSymbols` symbols (MaskSymbol), for b, h >= 0, any i, 0 <= j < Tk and lengths >=
/// 0. A mask that is found empty has no segments; a full mask has one without bounds. When `budget` is spent or the mask has
/// too many parts, the one segment that results carries the bounds that are certain and the whole mask as its predicate.
Segmentation computeSegments(const MaskFormula &mask, unsigned numSymbols, MLIRContext *context,
                             std::chrono::milliseconds budget = kDefaultAnalysisBudget);

/// Where the positions of a formula lie: rows and keys may be other things than queries and keys (passes/analysis/Transpose.h).
struct SegmentDomain {
  /// The symbol that bounds the positions of dimension 3.
  MaskSymbol keyLength = MaskSymbol::KeyLength;
  /// If present, dimension 2 lies in [0, this symbol).
  std::optional<MaskSymbol> rowLength;
};

/// As above, for other positions.
Segmentation computeSegments(const MaskFormula &mask, unsigned numSymbols, MLIRContext *context,
                             std::chrono::milliseconds budget, SegmentDomain domain);

/// As computeSegments, but parts of the mask that disagree on the query view get one each, so that fewer predicates remain: for
/// counting and other questions about rows, or for loops in several nests whose results are merged. All segments together are
/// disjoint.
std::vector<Segmentation> computeSegmentsApart(const MaskFormula &mask, unsigned numSymbols, MLIRContext *context,
                                               std::chrono::milliseconds budget = kDefaultAnalysisBudget);

} // namespace mlir::attn

#endif // ATTN_PASSES_ANALYSIS_SEGMENTS_H
