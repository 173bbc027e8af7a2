//===- SegmentAttributes.h - segments as attributes -------------*- C++ -*-===//
//
// The set analysis works on plain values; the IR carries them as `#attn.segments`. This is the way there and back.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_PASSES_ANALYSIS_SEGMENTATTRIBUTES_H
#define ATTN_PASSES_ANALYSIS_SEGMENTATTRIBUTES_H

#include "dialect/AttnOps.h"
#include "passes/analysis/Segments.h"

namespace mlir::attn {

/// Segments of an attention's mask, as the IR carries them.
struct MaskSegments {
  SegmentationAttr attribute;
  /// Why some pairs are tested one by one; empty if none are.
  std::string remark;
};

/// Runs the set analysis on the mask of `op`; an attention without a mask has one segment without bounds.
MaskSegments computeMaskSegments(AttentionOp op, std::chrono::milliseconds budget);

/// The segment as a plain value. `symbols` names the predicate's run-time numbers in the order of the segment's symbols.
Segment getSegment(SegmentAttr attribute);

} // namespace mlir::attn

#endif // ATTN_PASSES_ANALYSIS_SEGMENTATTRIBUTES_H
