//===- Coalesce.cpp - merging conjunctions --------------------------------===//

#include "passes/analysis/Coalesce.h"

#include <cstdlib>

using namespace mlir;
using namespace mlir::attn;

/// Whether every point of `conjunct` lies in the conjunction of `a` or in that of `b`.
static bool isCovered(const Conjunct &conjunct, ArrayRef<Literal> a, ArrayRef<Literal> b, const Feasibility &feasibility) {
  for (const Literal &first : a)
    for (const Literal &second : b) {
      Conjunct outside = conjunct;
      outside.push_back(first.negated());
      outside.push_back(second.negated());
      if (!feasibility.isEmpty(outside))
        return false;
    }
  return true;
}

namespace {
/// The literals of two conjuncts: those that hold in both, and those that only their own satisfies.
struct Comparison {
  Comparison(const Conjunct &a, const Conjunct &b, const Feasibility &feasibility) {
    collect(a, b, onlyFirst, feasibility);
    collect(b, a, onlySecond, feasibility);
  }

  Conjunct common, onlyFirst, onlySecond;

private:
  void collect(const Conjunct &from, const Conjunct &other, Conjunct &only, const Feasibility &feasibility) {
    for (const Literal &literal : from)
      (feasibility.implies(other, literal) ? common : only).push_back(literal);
  }
};
} // namespace

void mlir::attn::coalesce(Disjunction &conjuncts, const Feasibility &feasibility) {
  for (size_t i = 0; i < conjuncts.size(); ++i)
    for (size_t k = i + 1; k < conjuncts.size();) {
      if (feasibility.getDeadline().hasPassed())
        return;
      Comparison comparison(conjuncts[i], conjuncts[k], feasibility);
      if (!isCovered(comparison.common, comparison.onlyFirst, comparison.onlySecond, feasibility)) {
        ++k;
        continue;
      }
      feasibility.removeRedundant(comparison.common);
      conjuncts[i] = std::move(comparison.common);
      conjuncts.erase(conjuncts.begin() + k);
      k = i + 1; // the larger conjunct may take up more
    }
}

/// The coefficient of the key in a literal that bounds the key of a row, else zero.
static int64_t getBoundCoefficient(const Literal &literal, AffineExpr key) {
  if (literal.isCongruence() || getFirstFloorOf(literal.form, key))
    return 0;
  return literal.form.getCoefficient(key);
}

/// Tries to cut the union of two pieces by which of the bounds `first` and `second`, in the same direction, reaches further.
static bool splitPair(Conjunct &a, Conjunct &b, const Comparison &comparison, const Literal &first, const Literal &second,
                      const Feasibility &feasibility) {
  LinearForm difference = first.form - second.form;
  Literal firstReaches = Literal::atLeastZero(difference.tightened());
  Literal secondReaches = firstReaches.negated();
  if (!difference.isValid())
    return false;
  Conjunct newFirst = comparison.common, newSecond = comparison.common;
  newFirst.push_back(first);
  newFirst.push_back(firstReaches);
  newSecond.push_back(second);
  newSecond.push_back(secondReaches);
  if (!isCovered(newFirst, comparison.onlyFirst, comparison.onlySecond, feasibility) ||
      !isCovered(newSecond, comparison.onlyFirst, comparison.onlySecond, feasibility))
    return false;
  a = std::move(newFirst);
  b = std::move(newSecond);
  return true;
}

void mlir::attn::splitRows(Disjunction &pieces, AffineExpr key, const Feasibility &feasibility) {
  for (size_t i = 0; i < pieces.size(); ++i)
    for (size_t k = i + 1; k < pieces.size(); ++k) {
      if (feasibility.getDeadline().hasPassed())
        return;
      Comparison comparison(pieces[i], pieces[k], feasibility);
      bool done = false;
      for (const Literal &first : comparison.onlyFirst)
        for (const Literal &second : comparison.onlySecond) {
          int64_t coefficient = getBoundCoefficient(first, key);
          // Equal coefficients: the key drops out of the difference.
          if (!done && coefficient != 0 && coefficient == getBoundCoefficient(second, key))
            done = splitPair(pieces[i], pieces[k], comparison, first, second, feasibility);
        }
    }
}
