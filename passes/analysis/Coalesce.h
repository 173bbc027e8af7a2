//===- Coalesce.h - merging conjunctions ------------------------*- C++ -*-===//

#ifndef ATTN_PASSES_ANALYSIS_COALESCE_H
#define ATTN_PASSES_ANALYSIS_COALESCE_H

#include "passes/analysis/Feasibility.h"

namespace mlir::attn {

/// Replaces pairs of conjuncts by one conjunct wherever their union is one. Disjoint conjuncts stay disjoint.
void coalesce(Disjunction &conjuncts, const Feasibility &feasibility);

/// Two disjoint pieces that form one interval of keys in every row, though not one conjunct, are cut by rows instead of by
/// keys: {j <= i} and {i < j < P} become {i >= P - 1, j <= i} and {i < P - 1, j < P}, so that no row has its diagonal tile
/// visited twice.
void splitRows(Disjunction &pieces, AffineExpr key, const Feasibility &feasibility);

} // namespace mlir::attn

#endif // ATTN_PASSES_ANALYSIS_COALESCE_H
