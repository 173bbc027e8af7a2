//===- MaskEvaluation.cpp - is a pair visible -----------------------------===//

#include "codegen/reference/MaskEvaluation.h"

using namespace mlir;
using namespace mlir::attn;
using namespace mlir::attn::reference;

static int64_t floorDivide(int64_t a, int64_t b) {
  int64_t quotient = a / b;
  return a % b != 0 && (a < 0) != (b < 0) ? quotient - 1 : quotient;
}

static int64_t evaluateBinary(AffineExprKind kind, int64_t a, int64_t b) {
  switch (kind) {
  case AffineExprKind::Add:
    return a + b;
  case AffineExprKind::Mul:
    return a * b;
  case AffineExprKind::Mod:
    return a - floorDivide(a, b) * b;
  case AffineExprKind::FloorDiv:
    return floorDivide(a, b);
  case AffineExprKind::CeilDiv:
    return -floorDivide(-a, b);
  default:
    return 0;
  }
}

int64_t reference::evaluateAffine(AffineExpr expr, ArrayRef<int64_t> dims, ArrayRef<int64_t> symbols) {
  if (auto constant = dyn_cast<AffineConstantExpr>(expr))
    return constant.getValue();
  if (auto dim = dyn_cast<AffineDimExpr>(expr))
    return dims[dim.getPosition()];
  if (auto symbol = dyn_cast<AffineSymbolExpr>(expr))
    return symbols[symbol.getPosition()];
  auto binary = cast<AffineBinaryOpExpr>(expr);
  int64_t lhs = evaluateAffine(binary.getLHS(), dims, symbols), rhs = evaluateAffine(binary.getRHS(), dims, symbols);
  return evaluateBinary(expr.getKind(), lhs, rhs);
}

bool reference::evaluateMask(const MaskFormula &formula, ArrayRef<int64_t> dims, ArrayRef<int64_t> symbols) {
  auto holds = [&](const MaskFormula &child) { return evaluateMask(child, dims, symbols); };
  switch (formula.getKind()) {
  case MaskFormula::Kind::Constraint: {
    int64_t value = evaluateAffine(formula.getExpr(), dims, symbols);
    return formula.isEquality() ? value == 0 : value >= 0;
  }
  case MaskFormula::Kind::And:
    return llvm::all_of(formula.getChildren(), holds);
  case MaskFormula::Kind::Or:
    return llvm::any_of(formula.getChildren(), holds);
  case MaskFormula::Kind::Not:
    return !holds(formula.getChildren().front());
  }
  return false;
}
