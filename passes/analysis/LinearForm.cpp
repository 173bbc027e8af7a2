//===- LinearForm.cpp - checked integer linear forms ----------------------===//

#include "passes/analysis/LinearForm.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/MathExtras.h"

#include <numeric>
#include <tuple>

using namespace mlir;
using namespace mlir::attn;

// Coefficients stay far below 2^63, so that products with positions (below 2^31) and sums of them never wrap in generated code
// either.
static constexpr int64_t kMaxCoefficient = int64_t(1) << 31;
static constexpr int64_t kMaxConstant = int64_t(1) << 60;
static constexpr size_t kMaxTerms = 64;

/// A total order that does not depend on addresses: dimensions, symbols, then everything else structurally.
static int compareTerms(AffineExpr a, AffineExpr b) {
  if (a == b)
    return 0;
  auto rank = [](AffineExpr expr) {
    switch (expr.getKind()) {
    case AffineExprKind::DimId:
      return 0;
    case AffineExprKind::SymbolId:
      return 1;
    case AffineExprKind::Constant:
      return 2;
    default:
      return 3 + static_cast<int>(expr.getKind());
    }
  };
  if (rank(a) != rank(b))
    return rank(a) < rank(b) ? -1 : 1;
  auto order = [](int64_t x, int64_t y) { return x < y ? -1 : x > y ? 1 : 0; };
  if (auto dim = dyn_cast<AffineDimExpr>(a))
    return order(dim.getPosition(), cast<AffineDimExpr>(b).getPosition());
  if (auto symbol = dyn_cast<AffineSymbolExpr>(a))
    return order(symbol.getPosition(), cast<AffineSymbolExpr>(b).getPosition());
  if (auto value = dyn_cast<AffineConstantExpr>(a))
    return order(value.getValue(), cast<AffineConstantExpr>(b).getValue());
  auto binaryA = cast<AffineBinaryOpExpr>(a), binaryB = cast<AffineBinaryOpExpr>(b);
  if (int result = compareTerms(binaryA.getRHS(), binaryB.getRHS()))
    return result;
  return compareTerms(binaryA.getLHS(), binaryB.getLHS());
}

int64_t mlir::attn::positiveResidue(int64_t value, int64_t modulus) {
  int64_t residue = value % modulus;
  return residue < 0 ? residue + modulus : residue;
}

int64_t mlir::attn::invertModulo(int64_t value, int64_t modulus) {
  int64_t previous = modulus, current = positiveResidue(value, modulus), previousFactor = 0, factor = 1;
  while (current != 0) {
    int64_t quotient = previous / current;
    std::tie(previous, current) = std::make_pair(current, previous - quotient * current);
    std::tie(previousFactor, factor) = std::make_pair(factor, previousFactor - quotient * factor);
  }
  return previous == 1 ? positiveResidue(previousFactor, modulus) : 0;
}

std::optional<FloorTerm> mlir::attn::getFloorTerm(AffineExpr term) {
  auto binary = dyn_cast<AffineBinaryOpExpr>(term);
  if (!binary || binary.getKind() != AffineExprKind::FloorDiv)
    return std::nullopt;
  return FloorTerm{LinearForm::of(binary.getLHS()), cast<AffineConstantExpr>(binary.getRHS()).getValue()};
}

LinearForm::LinearForm(MLIRContext *context, int64_t constant) : context(context), constant(constant) { checkLimits(); }

void LinearForm::checkLimits() {
  if (constant > kMaxConstant || constant < -kMaxConstant || terms.size() > kMaxTerms)
    valid = false;
  if (!valid)
    constant = 0;
}

void LinearForm::addConstant(int64_t value) {
  if (llvm::AddOverflow(constant, value, constant))
    valid = false;
  checkLimits();
}

void LinearForm::add(AffineExpr term, int64_t coefficient) {
  if (coefficient == 0)
    return;
  auto *position = llvm::lower_bound(terms, term, [](const Term &a, AffineExpr b) { return compareTerms(a.first, b) < 0; });
  if (position == terms.end() || position->first != term)
    position = terms.insert(position, {term, 0});
  if (llvm::AddOverflow(position->second, coefficient, position->second) || position->second > kMaxCoefficient ||
      position->second < -kMaxCoefficient) {
    valid = false;
    position->second = 1;
  }
  if (position->second == 0)
    terms.erase(position);
  checkLimits();
}

LinearForm LinearForm::of(AffineExpr expr) {
  LinearForm result(expr.getContext());
  if (auto value = dyn_cast<AffineConstantExpr>(expr))
    return LinearForm(expr.getContext(), value.getValue());
  auto binary = dyn_cast<AffineBinaryOpExpr>(expr);
  if (!binary) {
    result.add(expr, 1);
    return result;
  }
  LinearForm lhs = of(binary.getLHS()), rhs = of(binary.getRHS());
  result.valid = lhs.valid && rhs.valid;
  if (!result.valid)
    return result;
  if (binary.getKind() == AffineExprKind::Add)
    return lhs + rhs;
  if (binary.getKind() == AffineExprKind::Mul && lhs.isConstant())
    return rhs * lhs.constant;
  if (binary.getKind() == AffineExprKind::Mul && rhs.isConstant())
    return lhs * rhs.constant;
  if (!rhs.isConstant() || rhs.constant <= 0 || rhs.constant > kMaxCoefficient) {
    result.valid = false;
    return result;
  }
  switch (binary.getKind()) {
  case AffineExprKind::Mod:
    return lhs.mod(rhs.constant);
  case AffineExprKind::FloorDiv:
    return lhs.floorDiv(rhs.constant);
  case AffineExprKind::CeilDiv:
    return lhs.ceilDiv(rhs.constant);
  default:
    result.valid = false;
    return result;
  }
}

int64_t LinearForm::getCoefficient(AffineExpr term) const {
  for (const Term &entry : terms)
    if (entry.first == term)
      return entry.second;
  return 0;
}

bool LinearForm::involves(AffineExpr variable) const {
  return llvm::any_of(terms, [&](const Term &entry) {
    bool found = false;
    entry.first.walk([&](AffineExpr part) { found |= part == variable; });
    return found;
  });
}

int64_t LinearForm::getContent() const {
  int64_t result = 0;
  for (const Term &entry : terms)
    result = std::gcd(result, entry.second);
  return result;
}

LinearForm LinearForm::operator+(const LinearForm &other) const {
  LinearForm result = *this;
  result.valid = valid && other.valid;
  for (const Term &entry : other.terms)
    result.add(entry.first, entry.second);
  result.addConstant(other.constant);
  return result;
}

LinearForm LinearForm::operator+(int64_t offset) const {
  LinearForm result = *this;
  result.addConstant(offset);
  return result;
}

LinearForm LinearForm::operator*(int64_t factor) const {
  LinearForm result(context);
  result.valid = valid;
  if (factor == 0)
    return result;
  int64_t product;
  for (const Term &entry : terms) {
    if (llvm::MulOverflow(entry.second, factor, product))
      result.valid = false;
    else
      result.add(entry.first, product);
  }
  if (llvm::MulOverflow(constant, factor, product))
    result.valid = false;
  else
    result.addConstant(product);
  return result;
}

LinearForm LinearForm::dividedExactly(int64_t divisor) const {
  LinearForm result = *this;
  for (Term &entry : result.terms)
    entry.second /= divisor;
  result.constant /= divisor;
  return result;
}

LinearForm LinearForm::tightened() const {
  int64_t content = getContent();
  if (content <= 1)
    return *this;
  LinearForm result = *this;
  for (Term &entry : result.terms)
    entry.second /= content;
  result.constant = llvm::divideFloorSigned(constant, content);
  return result;
}

LinearForm LinearForm::reducedModulo(int64_t modulus, int64_t factor) const {
  LinearForm result(context);
  result.valid = valid && modulus <= kMaxCoefficient;
  if (!result.valid)
    return result;
  factor = positiveResidue(factor, modulus);
  // Both are below 2^31, so the product is no overflow.
  auto reduce = [&](int64_t value) { return positiveResidue(positiveResidue(value, modulus) * factor, modulus); };
  for (const Term &entry : terms)
    result.add(entry.first, reduce(entry.second));
  result.addConstant(reduce(constant));
  return result;
}

LinearForm LinearForm::floorDiv(int64_t divisor) const {
  LinearForm whole(context), numerator(context);
  whole.valid = valid;
  if (!valid)
    return whole;
  // Multiples of the divisor leave the floor.
  for (const Term &entry : terms) {
    whole.add(entry.first, entry.second / divisor);
    numerator.add(entry.first, entry.second % divisor);
  }
  whole.addConstant(llvm::divideFloorSigned(constant, divisor));
  numerator.constant = positiveResidue(constant, divisor);
  // floor((g * e + c) / (g * n)) = floor((e + floor(c / g)) / n).
  if (int64_t common = std::gcd(numerator.getContent(), divisor); common > 1 && !numerator.isConstant()) {
    numerator.constant -= numerator.constant % common;
    numerator = numerator.dividedExactly(common);
    divisor /= common;
  }
  if (divisor == 1)
    return whole + numerator;
  if (numerator.isConstant())
    return whole;
  // floor((floor(e / m) + c) / n) = floor((e + c * m) / (m * n)).
  if (numerator.terms.size() == 1 && numerator.terms[0].second == 1)
    if (std::optional<FloorTerm> inner = getFloorTerm(numerator.terms[0].first)) {
      int64_t product;
      if (!llvm::MulOverflow(inner->divisor, divisor, product) && product <= kMaxCoefficient)
        return whole + (inner->numerator + numerator.constant * inner->divisor).floorDiv(product);
    }
  AffineExpr term = numerator.toAffine().floorDiv(divisor);
  // The numerator is reduced, so AffineExpr has nothing to simplify; should it do so nonetheless, give up rather than lose the
  // order.
  if (!getFloorTerm(term))
    whole.valid = false;
  whole.add(term, 1);
  return whole;
}

LinearForm LinearForm::replace(ArrayRef<AffineExpr> dims, ArrayRef<AffineExpr> symbols) const {
  LinearForm result(context, constant);
  result.valid = valid;
  for (const Term &entry : terms) {
    if (std::optional<FloorTerm> floor = getFloorTerm(entry.first))
      result = result + floor->numerator.replace(dims, symbols).floorDiv(floor->divisor) * entry.second;
    else
      result = result + of(entry.first.replaceDimsAndSymbols(dims, symbols)) * entry.second;
  }
  return result;
}

AffineExpr LinearForm::toAffine() const {
  AffineExpr result = getAffineConstantExpr(0, context);
  for (const Term &entry : terms)
    result = result + entry.first * entry.second;
  return result + constant;
}
