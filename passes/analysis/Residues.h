//===- Residues.h - small moduli as unions of residue classes ---*- C++ -*-===//

#ifndef ATTN_PASSES_ANALYSIS_RESIDUES_H
#define ATTN_PASSES_ANALYSIS_RESIDUES_H

#include "passes/analysis/Feasibility.h"

namespace mlir::attn {

/// At most this many residue classes take the place of one constraint; more of them would visit the rows too often.
constexpr int64_t kMaxResidueClasses = 8;

/// Whether the literal involves `key`, but neither as a linear bound nor as a congruence that a strided view can solve.
bool needsResidues(const Literal &literal, AffineExpr key);

/// Disjoint conjuncts that together are `literal`: one for each residue of the divisor (or modulus) that keeps it from being a
/// bound or a view. None if that takes more than kMaxResidueClasses.
std::optional<Disjunction> splitByResidue(const Literal &literal, AffineExpr key);

/// Splits all literals of `piece` that need it, as far as kMaxResidueClasses allows; the pieces are disjoint and their union is
/// `piece`. Literals that also involve `row` need a query view and stay whole unless `allowRows`.
Disjunction expandResidues(const Conjunct &piece, AffineExpr key, AffineExpr row, bool allowRows,
                           const Feasibility &feasibility);

/// An inequality that follows from the inequality `form >= 0` and is linear in `key`: floor terms are bounded by their
/// quotients.
LinearForm relax(const LinearForm &form, AffineExpr key);

} // namespace mlir::attn

#endif // ATTN_PASSES_ANALYSIS_RESIDUES_H
