//===- Views.h - from conjunctions to segments ------------------*- C++ -*-===//

#ifndef ATTN_PASSES_ANALYSIS_VIEWS_H
#define ATTN_PASSES_ANALYSIS_VIEWS_H

#include "passes/analysis/Feasibility.h"
#include "passes/analysis/Segments.h"

namespace mlir::attn {

/// The query stride that makes every congruence of `piece` between query and key independent of the row; one if it has none,
/// zero if there is no stride within reach.
int64_t getRowStride(const Conjunct &piece);

/// Whether the hull of any set of rows is as small in a strided query view as in the plain one: no bound of `piece` moves with
/// the row.
bool isIndifferentToRowStride(const Conjunct &piece);

/// Appends the segments of `piece` (disjoint) in a query view of stride `rowStride`. Congruences between query and key that
/// this view does not solve, and whatever else is neither bound nor view, become the segment's predicate, which `remark` then
/// explains.
void appendSegments(const Conjunct &piece, int64_t rowStride, unsigned numSymbols, const SegmentDomain &domain,
                    const Deadline &deadline, MLIRContext *context, Segmentation &result);

} // namespace mlir::attn

#endif // ATTN_PASSES_ANALYSIS_VIEWS_H
