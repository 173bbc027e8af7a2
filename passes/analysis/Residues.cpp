//===- Residues.cpp - small moduli as unions of residue classes -----------===//

#include "passes/analysis/Residues.h"

#include "llvm/ADT/STLExtras.h"

using namespace mlir;
using namespace mlir::attn;

bool mlir::attn::needsResidues(const Literal &literal, AffineExpr key) {
  return getFirstFloorOf(literal.form, key) || (literal.kind == Literal::Kind::Incongruent && literal.form.involves(key));
}

/// Appends the conjunct of `literals` to `result` unless it is false. False if a number became too large.
static bool append(std::initializer_list<Literal> literals, AffineExpr key, Disjunction &result) {
  Conjunct conjunct;
  for (Literal literal : literals) {
    Truth truth = simplify(literal, key);
    if (!literal.form.isValid())
      return false;
    if (truth == Truth::False)
      return true;
    if (truth == Truth::Open)
      conjunct.push_back(literal);
  }
  result.push_back(std::move(conjunct));
  return true;
}

std::optional<Disjunction> mlir::attn::splitByResidue(const Literal &literal, AffineExpr key) {
  Disjunction result;
  if (literal.kind == Literal::Kind::AtLeastZero)
    if (std::optional<ResidueTerm> residue = matchResidue(literal.form, key))
      if (auto range = getResidueRange(*residue)) {
        if (range->second - range->first >= kMaxResidueClasses)
          return std::nullopt;
        for (int64_t value = range->first; value <= range->second; ++value)
          if (!append({Literal::congruent(residue->argument - value, residue->modulus)}, key, result))
            return std::nullopt;
        return result;
      }
  if (AffineExpr floor = getFirstFloorOf(literal.form, key)) {
    FloorTerm parts = *getFloorTerm(floor);
    if (parts.divisor > kMaxResidueClasses)
      return std::nullopt;
    int64_t coefficient = literal.form.getCoefficient(floor);
    LinearForm rest = literal.form - LinearForm::of(floor) * coefficient;
    for (int64_t value = 0; value < parts.divisor; ++value) {
      // Where M = value (mod n), n * (c * floor(M / n) + rest) = c * (M - value) + n * rest.
      Literal scaled = literal;
      scaled.form = (parts.numerator - value) * coefficient + rest * parts.divisor;
      scaled.modulus = literal.modulus * parts.divisor;
      if (!append({Literal::congruent(parts.numerator - value, parts.divisor), scaled}, key, result))
        return std::nullopt;
    }
    return result;
  }
  if (literal.modulus - 1 > kMaxResidueClasses)
    return std::nullopt;
  for (int64_t value = 1; value < literal.modulus; ++value)
    if (!append({Literal::congruent(literal.form - value, literal.modulus)}, key, result))
      return std::nullopt;
  return result;
}

Disjunction mlir::attn::expandResidues(const Conjunct &piece, AffineExpr key, AffineExpr row, bool allowRows,
                                       const Feasibility &feasibility) {
  Disjunction finished, pending = {piece};
  // Literals known to need too many classes; they stay for the predicate.
  std::vector<Literal> given;
  while (!pending.empty() && !feasibility.getDeadline().hasPassed()) {
    Conjunct current = std::move(pending.back());
    pending.pop_back();
    auto isWhole = [&](const Literal &literal) {
      return !needsResidues(literal, key) || (!allowRows && literal.form.involves(row)) || llvm::is_contained(given, literal);
    };
    size_t position = 0;
    while (position < current.size() && isWhole(current[position]))
      ++position;
    if (position == current.size()) {
      finished.push_back(std::move(current));
      continue;
    }
    Literal literal = current[position];
    current.erase(current.begin() + position);
    std::optional<Disjunction> classes = splitByResidue(literal, key);
    Disjunction feasible;
    if (classes)
      for (Conjunct &residue : *classes) {
        residue.insert(residue.begin(), current.begin(), current.end());
        if (!feasibility.isEmpty(residue))
          feasible.push_back(std::move(residue));
      }
    if (!classes || finished.size() + pending.size() + feasible.size() > size_t(kMaxResidueClasses)) {
      given.push_back(literal);
      current.insert(current.begin() + position, literal);
      pending.push_back(std::move(current));
      continue;
    }
    pending.insert(pending.end(), feasible.begin(), feasible.end());
  }
  finished.insert(finished.end(), pending.begin(), pending.end());
  return finished;
}

LinearForm mlir::attn::relax(const LinearForm &form, AffineExpr key) {
  LinearForm result = form;
  while (AffineExpr floor = getFirstFloorOf(result, key)) {
    FloorTerm parts = *getFloorTerm(floor);
    int64_t coefficient = result.getCoefficient(floor);
    LinearForm rest = result - LinearForm::of(floor) * coefficient;
    // M - n + 1 <= n * floor(M / n) <= M.
    LinearForm bound = coefficient > 0 ? parts.numerator : parts.numerator - (parts.divisor - 1);
    result = (bound * coefficient + rest * parts.divisor).tightened();
    if (!result.isValid())
      break;
  }
  return result;
}
