//===- AffineEvaluation.h - affine expressions of numbers -------*- C++ -*-===//

#ifndef ATTN_PASSES_ANALYSIS_AFFINEEVALUATION_H
#define ATTN_PASSES_ANALYSIS_AFFINEEVALUATION_H

#include "dialect/MaskFormula.h"

#include "mlir/IR/AffineExpr.h"

namespace mlir::attn {

/// The value of `expr`, which is affine with positive constant divisors and uses no dimension or symbol beyond the lists.
int64_t evaluate(AffineExpr expr, ArrayRef<int64_t> dims, ArrayRef<int64_t> symbols);

/// Whether `mask` holds at `dims` = (b, h, i, j).
bool evaluate(const MaskFormula &mask, ArrayRef<int64_t> dims, ArrayRef<int64_t> symbols);

} // namespace mlir::attn

#endif // ATTN_PASSES_ANALYSIS_AFFINEEVALUATION_H
