//===- Elimination.h - removing a variable ----------------------*- C++ -*-===//

#ifndef ATTN_PASSES_ANALYSIS_ELIMINATION_H
#define ATTN_PASSES_ANALYSIS_ELIMINATION_H

#include "passes/analysis/LinearForm.h"

namespace mlir::attn {

/// The form that is at least zero exactly if an integer `variable` satisfies both `lower` >= 0 (positive coefficient of
/// `variable`) and `upper` >= 0 (negative coefficient): one step of Fourier-Motzkin elimination. Neither holds `variable`
/// inside a floor term.
///
/// `linearIn`, if not null, does not get into new floor terms; where that rules out the precise form, the result only follows
/// from the two and `exact` becomes false.
LinearForm combineBounds(const LinearForm &lower, const LinearForm &upper, AffineExpr variable, AffineExpr linearIn,
                         bool &exact);

} // namespace mlir::attn

#endif // ATTN_PASSES_ANALYSIS_ELIMINATION_H
