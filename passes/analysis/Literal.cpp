//===- Literal.cpp - atoms of the set analysis ----------------------------===//

#include "passes/analysis/Literal.h"

#include "llvm/Support/MathExtras.h"

#include <algorithm>
#include <cstdlib>
#include <numeric>

using namespace mlir;
using namespace mlir::attn;

Literal Literal::negated() const {
  switch (kind) {
  case Kind::AtLeastZero:
    return atLeastZero(form * -1 - 1);
  case Kind::Congruent:
    return incongruent(form, modulus);
  case Kind::Incongruent:
    return congruent(form, modulus);
  }
  llvm_unreachable("all kinds are handled");
}

MaskFormula Literal::toFormula() const {
  switch (kind) {
  case Kind::AtLeastZero:
    return MaskFormula::atLeastZero(form.toAffine());
  case Kind::Congruent:
    return MaskFormula::isZero(form.toAffine() % modulus);
  case Kind::Incongruent:
    return MaskFormula::atLeastZero(form.toAffine() % modulus - 1);
  }
  llvm_unreachable("all kinds are handled");
}

AffineExpr mlir::attn::getFirstFloorOf(const LinearForm &form, AffineExpr variable) {
  for (const LinearForm::Term &term : form.getTerms()) {
    if (term.first == variable)
      continue;
    bool found = false;
    term.first.walk([&](AffineExpr part) { found |= part == variable; });
    if (found)
      return term.first;
  }
  return nullptr;
}

/// `form` without the floor term, if no other floor term involves the key.
static std::optional<LinearForm> withoutSoleFloor(const LinearForm &form, AffineExpr floor, AffineExpr key) {
  LinearForm rest = form - LinearForm::of(floor) * form.getCoefficient(floor);
  if (!rest.isValid() || getFirstFloorOf(rest, key))
    return std::nullopt;
  return rest;
}

std::optional<ResidueTerm> mlir::attn::matchResidue(const LinearForm &form, AffineExpr key) {
  AffineExpr floor = getFirstFloorOf(form, key);
  if (!floor)
    return std::nullopt;
  FloorTerm parts = *getFloorTerm(floor);
  int64_t coefficient = form.getCoefficient(floor);
  if (coefficient % parts.divisor != 0)
    return std::nullopt;
  // t * (M mod n) = t * M - t * n * floor(M / n).
  int64_t factor = -coefficient / parts.divisor;
  std::optional<LinearForm> rest = withoutSoleFloor(form, floor, key);
  if (!rest)
    return std::nullopt;
  *rest = *rest - parts.numerator * factor;
  if (!rest->isValid() || rest->involves(key))
    return std::nullopt;
  return ResidueTerm{factor, parts.numerator, parts.divisor, *rest};
}

std::optional<std::pair<int64_t, int64_t>> mlir::attn::getResidueRange(const ResidueTerm &residue) {
  if (!residue.rest.isConstant())
    return std::nullopt;
  int64_t rest = residue.rest.getConstant(), first = 0, last = residue.modulus - 1;
  if (residue.factor > 0)
    first = std::max(first, llvm::divideCeilSigned(-rest, residue.factor));
  else
    last = std::min(last, llvm::divideFloorSigned(rest, -residue.factor));
  return std::make_pair(first, last);
}

/// c * floor(M / n) + a * key + rest >= 0 with c | a is linear in the key: the floor of an integer is at least (at most) e
/// exactly when M + (a / c) * n * key is at least n * e (at most n * e + n - 1).
static bool resolveFloor(LinearForm &form, AffineExpr key) {
  AffineExpr floor = getFirstFloorOf(form, key);
  if (!floor)
    return false;
  int64_t coefficient = form.getCoefficient(floor), linear = form.getCoefficient(key);
  std::optional<LinearForm> rest = withoutSoleFloor(form, floor, key);
  if (!rest || linear % coefficient != 0)
    return false;
  FloorTerm parts = *getFloorTerm(floor);
  LinearForm keyForm = LinearForm::of(key);
  *rest = *rest - keyForm * linear;
  LinearForm argument = parts.numerator + keyForm * (linear / coefficient) * parts.divisor;
  if (coefficient > 0)
    form = argument - (*rest * -1).ceilDiv(coefficient) * parts.divisor;
  else
    form = rest->floorDiv(-coefficient) * parts.divisor + (parts.divisor - 1) - argument;
  return form.isValid();
}

static Truth simplifyAtLeastZero(Literal &literal, AffineExpr key) {
  LinearForm form = literal.form.tightened();
  while (form.isValid() && resolveFloor(form, key))
    form = form.tightened();
  literal.form = form;
  if (!form.isValid())
    return Truth::Open;
  if (form.isConstant())
    return form.getConstant() >= 0 ? Truth::True : Truth::False;
  std::optional<ResidueTerm> residue = matchResidue(form, key);
  if (!residue)
    return Truth::Open;
  auto range = getResidueRange(*residue);
  if (!range)
    return Truth::Open;
  int64_t count = range->second - range->first + 1;
  if (count <= 0)
    return Truth::False;
  if (count == residue->modulus)
    return Truth::True;
  if (count == 1)
    literal = Literal::congruent(residue->argument - range->first, residue->modulus);
  else if (count == residue->modulus - 1)
    literal = Literal::incongruent(residue->argument - (range->first == 0 ? range->second + 1 : 0), residue->modulus);
  else
    return Truth::Open;
  return simplify(literal, key);
}

static Truth simplifyCongruence(Literal &literal, AffineExpr key) {
  Truth whenEqual = literal.kind == Literal::Kind::Congruent ? Truth::True : Truth::False;
  Truth whenDifferent = whenEqual == Truth::True ? Truth::False : Truth::True;
  LinearForm form = literal.form.reducedModulo(literal.modulus);
  if (int64_t common = std::gcd(form.getContent(), literal.modulus); form.isValid()) {
    if (form.getConstant() % common != 0)
      return whenDifferent;
    form = form.dividedExactly(common);
    literal.modulus /= common;
  }
  if (literal.modulus == 1)
    return whenEqual;
  // One form for one residue class: the key's coefficient is one where it can be.
  if (int64_t inverse = invertModulo(form.getCoefficient(key), literal.modulus))
    form = form.reducedModulo(literal.modulus, inverse);
  literal.form = form;
  if (literal.kind == Literal::Kind::Incongruent && literal.modulus == 2)
    literal = Literal::congruent((form + 1).reducedModulo(2), 2);
  return Truth::Open;
}

Truth mlir::attn::simplify(Literal &literal, AffineExpr key) {
  if (!literal.form.isValid())
    return Truth::Open;
  return literal.isCongruence() ? simplifyCongruence(literal, key) : simplifyAtLeastZero(literal, key);
}

/// The conjunction of `literals`, simplified; none if it is false.
static Disjunction conjoin(ArrayRef<Literal> literals, AffineExpr key) {
  Conjunct result;
  for (Literal literal : literals) {
    Truth truth = simplify(literal, key);
    if (truth == Truth::False)
      return {};
    if (truth == Truth::Open)
      result.push_back(literal);
  }
  return {result};
}

static Disjunction disjoin(ArrayRef<Literal> literals, AffineExpr key) {
  Disjunction result;
  for (const Literal &literal : literals)
    for (Conjunct &conjunct : conjoin(literal, key))
      result.push_back(std::move(conjunct));
  return result;
}

Disjunction mlir::attn::getLiterals(const LinearForm &form, bool equality, bool negated, AffineExpr key) {
  if (!equality) {
    Literal literal = Literal::atLeastZero(form);
    return conjoin(negated ? literal.negated() : literal, key);
  }
  // (M mod n) == c is a congruence, and c has to be a residue at all.
  std::optional<ResidueTerm> residue = matchResidue(form, key);
  if (residue && residue->rest.isConstant()) {
    int64_t target = -residue->rest.getConstant();
    bool possible = target % residue->factor == 0;
    target /= residue->factor;
    if (!possible || target < 0 || target >= residue->modulus)
      return negated ? Disjunction{{}} : Disjunction{};
    Literal literal = Literal::congruent(residue->argument - target, residue->modulus);
    return conjoin(negated ? literal.negated() : literal, key);
  }
  if (residue && std::abs(residue->factor) == 1) {
    LinearForm target = residue->rest * -residue->factor;
    Literal literals[] = {Literal::congruent(residue->argument - target, residue->modulus), Literal::atLeastZero(target),
                          Literal::atLeastZero(target * -1 + (residue->modulus - 1))};
    if (!negated)
      return conjoin(literals, key);
    for (Literal &literal : literals)
      literal = literal.negated();
    return disjoin(literals, key);
  }
  Literal literals[] = {Literal::atLeastZero(form), Literal::atLeastZero(form * -1)};
  if (!negated)
    return conjoin(literals, key);
  return disjoin({literals[0].negated(), literals[1].negated()}, key);
}
