//===- ExprText.cpp - affine expressions for people -----------------------===//

#include "tools/attn-explain/ExprText.h"

using namespace mlir;
using namespace mlir::attn;

static bool isSum(AffineExpr expr) { return expr.getKind() == AffineExprKind::Add; }

/// An operand of anything but a sum.
static std::string printFactor(AffineExpr expr, const ExprNames &names) {
  std::string text = printExpr(expr, names);
  return isa<AffineBinaryOpExpr>(expr) || text.front() == '-' ? "(" + text + ")" : text;
}

static std::string printProduct(AffineExpr lhs, AffineExpr rhs, const ExprNames &names) {
  auto factor = dyn_cast<AffineConstantExpr>(rhs);
  if (factor && factor.getValue() == -1)
    return "-" + printFactor(lhs, names);
  return (factor ? std::to_string(factor.getValue()) : printFactor(rhs, names)) + " * " + printFactor(lhs, names);
}

/// `lhs + rhs`, where a right side with a sign gives `lhs - ...`.
static std::string printSum(AffineExpr lhs, AffineExpr rhs, const ExprNames &names) {
  std::string right = printExpr(rhs, names);
  if (right.front() == '-' && !isSum(rhs))
    return printExpr(lhs, names) + " - " + right.substr(1);
  return printExpr(lhs, names) + " + " + right;
}

std::string attn::printExpr(AffineExpr expr, const ExprNames &names) {
  if (auto constant = dyn_cast<AffineConstantExpr>(expr))
    return std::to_string(constant.getValue());
  if (auto dim = dyn_cast<AffineDimExpr>(expr))
    return names.dims[dim.getPosition()];
  if (auto symbol = dyn_cast<AffineSymbolExpr>(expr))
    return names.symbols[symbol.getPosition()];
  auto binary = cast<AffineBinaryOpExpr>(expr);
  AffineExpr lhs = binary.getLHS(), rhs = binary.getRHS();
  switch (expr.getKind()) {
  case AffineExprKind::Add:
    return printSum(lhs, rhs, names);
  case AffineExprKind::Mul:
    return printProduct(lhs, rhs, names);
  case AffineExprKind::Mod:
    return printFactor(lhs, names) + " mod " + printFactor(rhs, names);
  case AffineExprKind::FloorDiv:
    return printFactor(lhs, names) + " floordiv " + printFactor(rhs, names);
  default:
    return printFactor(lhs, names) + " ceildiv " + printFactor(rhs, names);
  }
}
