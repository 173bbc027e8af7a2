//===- Pieces.h - a mask as disjoint conjunctions ---------------*- C++ -*-===//

#ifndef ATTN_PASSES_ANALYSIS_PIECES_H
#define ATTN_PASSES_ANALYSIS_PIECES_H

#include "passes/analysis/Feasibility.h"

#include <string>

namespace mlir::attn {

/// The disjunctive normal form of `mask`, without conjuncts that are empty; none if it grows too large, the time is over or a
/// constraint cannot be represented, for which `reason` then holds a phrase. `key` is the dimension that literals are made
/// linear in.
std::optional<Disjunction> getDisjunction(const MaskFormula &mask, AffineExpr key, const Feasibility &feasibility,
                                          std::string &reason);

/// Conjuncts with the same union as `conjuncts`, no two of which share a point, merged where that leaves fewer or where one
/// interval of `key` per row replaces two. None as above.
std::optional<Disjunction> getDisjointPieces(Disjunction conjuncts, AffineExpr key, const Feasibility &feasibility,
                                             std::string &reason);

} // namespace mlir::attn

#endif // ATTN_PASSES_ANALYSIS_PIECES_H
