//===- Transpose.h - the queries of a key -----------------------*- C++ -*-===//
//
// The transposed question, which a loop over key tiles asks: which query rows see a key. It is the same analysis of the same
// mask with the roles of queries and keys exchanged, so everything that takes a segment answers it too.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_PASSES_ANALYSIS_TRANSPOSE_H
#define ATTN_PASSES_ANALYSIS_TRANSPOSE_H

#include "passes/analysis/Segments.h"

namespace mlir::attn {

/// `mask` over dimensions (b, h, j, r) instead of (b, h, i, j), where r in [0, Tq) is the row of the query tensor: i = r +
/// offset. The offset is a further symbol, the last: number `numSymbols`.
MaskFormula transpose(const MaskFormula &mask, unsigned numSymbols, MLIRContext *context);

/// The segments of the transposed mask. What a segment calls a row is a key (j = rowStride * x + R); what it calls a key is a
/// query row (r = keyStride * y + keyPhase). They have `numSymbols` + 1 symbols and R.
Segmentation computeTransposedSegments(const MaskFormula &mask, unsigned numSymbols, MLIRContext *context,
                                       std::chrono::milliseconds budget = kDefaultAnalysisBudget);

} // namespace mlir::attn

#endif // ATTN_PASSES_ANALYSIS_TRANSPOSE_H
