//===- Feasibility.h - emptiness of conjunctions ----------------*- C++ -*-===//
//
// Decides whether a conjunction of literals has no solution, with the simplex method of MLIR's Presburger library. Positions
// and symbols are all existential; floor terms become variables with their defining inequalities.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_PASSES_ANALYSIS_FEASIBILITY_H
#define ATTN_PASSES_ANALYSIS_FEASIBILITY_H

#include "passes/analysis/Literal.h"

#include <chrono>

namespace mlir::attn {

/// A point in time after which an analysis gives up exactness.
class Deadline {
public:
  explicit Deadline(std::chrono::milliseconds budget) : end(std::chrono::steady_clock::now() + budget) {}
  bool hasPassed() const { return std::chrono::steady_clock::now() >= end; }

private:
  std::chrono::steady_clock::time_point end;
};

/// Answers are one-sided: "empty" and "implied" are certain, their opposites may only mean that the method could not tell
/// (rational instead of integer solutions, congruences compared only with each other, time over).
class Feasibility {
public:
  /// `domain`: forms that are at least zero at every point of interest.
  Feasibility(ArrayRef<LinearForm> domain, Deadline deadline) : domain(domain), deadline(deadline) {}

  const Deadline &getDeadline() const { return deadline; }
  bool isEmpty(ArrayRef<Literal> literals) const;
  /// Whether every point of `literals` satisfies `literal`.
  bool implies(ArrayRef<Literal> literals, const Literal &literal) const;
  /// Values of `variables` (dimensions or symbols) at an integer point of `literals`; none if there is none. The inequalities
  /// have to bound every variable; congruences are not supported.
  std::optional<SmallVector<int64_t>> findPoint(ArrayRef<Literal> literals, ArrayRef<AffineExpr> variables) const;
  /// Drops literals that the others imply, the most complicated first.
  void removeRedundant(Conjunct &conjunct) const;

private:
  SmallVector<LinearForm, 8> domain;
  Deadline deadline;
};

} // namespace mlir::attn

#endif // ATTN_PASSES_ANALYSIS_FEASIBILITY_H
