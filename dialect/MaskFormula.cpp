//===- MaskFormula.cpp - what a mask states -------------------------------===//

#include "dialect/MaskFormula.h"

using namespace mlir;
using namespace mlir::attn;

MaskFormula MaskFormula::atLeastZero(AffineExpr expr) {
  MaskFormula result(Kind::Constraint);
  result.expr = expr;
  return result;
}

MaskFormula MaskFormula::isZero(AffineExpr expr) {
  MaskFormula result = atLeastZero(expr);
  result.equality = true;
  return result;
}

MaskFormula MaskFormula::allOf(ArrayRef<MaskFormula> children) {
  MaskFormula result(Kind::And);
  result.children.assign(children.begin(), children.end());
  return result;
}

MaskFormula MaskFormula::anyOf(ArrayRef<MaskFormula> children) {
  MaskFormula result(Kind::Or);
  result.children.assign(children.begin(), children.end());
  return result;
}

MaskFormula MaskFormula::negationOf(MaskFormula child) {
  MaskFormula result(Kind::Not);
  result.children.push_back(std::move(child));
  return result;
}

MaskFormula MaskFormula::replace(ArrayRef<AffineExpr> dims, ArrayRef<AffineExpr> symbols) const {
  MaskFormula result = *this;
  if (kind == Kind::Constraint)
    result.expr = expr.replaceDimsAndSymbols(dims, symbols);
  for (MaskFormula &child : result.children)
    child = child.replace(dims, symbols);
  return result;
}
