//===- AffineEmission.cpp - affine expressions on lanes -------------------===//

#include "codegen/lower/AffineEmission.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace mlir::attn;

Value attn::spreadInteger(ImplicitLocOpBuilder &b, Value value, Type type) {
  if (value.getType() == type)
    return value;
  Type element = getElementTypeOrSelf(type);
  Type from = getElementTypeOrSelf(value.getType());
  if (from != element) {
    auto vector = dyn_cast<VectorType>(value.getType());
    Type wanted = vector ? Type(vector.clone(element)) : element;
    if (from.isIndex() || element.isIndex())
      value = arith::IndexCastOp::create(b, wanted, value);
    else if (from.getIntOrFloatBitWidth() < element.getIntOrFloatBitWidth())
      value = arith::ExtSIOp::create(b, wanted, value);
    else
      value = arith::TruncIOp::create(b, wanted, value);
  }
  return value.getType() == type ? value : Value(vector::BroadcastOp::create(b, type, value));
}

Value attn::integerConstant(ImplicitLocOpBuilder &b, Type type, int64_t value) {
  Attribute number = b.getIntegerAttr(getElementTypeOrSelf(type), value);
  if (auto vector = dyn_cast<VectorType>(type))
    return arith::ConstantOp::create(b, DenseElementsAttr::get(vector, number));
  return arith::ConstantOp::create(b, cast<TypedAttr>(number));
}

Value attn::emitAffine(ImplicitLocOpBuilder &b, AffineExpr expr, Type type, ValueRange dims, ValueRange symbols) {
  if (auto constant = dyn_cast<AffineConstantExpr>(expr))
    return integerConstant(b, type, constant.getValue());
  if (auto dim = dyn_cast<AffineDimExpr>(expr))
    return spreadInteger(b, dims[dim.getPosition()], type);
  if (auto symbol = dyn_cast<AffineSymbolExpr>(expr))
    return spreadInteger(b, symbols[symbol.getPosition()], type);
  auto binary = cast<AffineBinaryOpExpr>(expr);
  Value lhs = emitAffine(b, binary.getLHS(), type, dims, symbols), rhs = emitAffine(b, binary.getRHS(), type, dims, symbols);
  switch (expr.getKind()) {
  case AffineExprKind::Add:
    return arith::AddIOp::create(b, lhs, rhs);
  case AffineExprKind::Mul:
    return arith::MulIOp::create(b, lhs, rhs);
  case AffineExprKind::FloorDiv:
    return arith::FloorDivSIOp::create(b, lhs, rhs);
  case AffineExprKind::CeilDiv:
    return arith::CeilDivSIOp::create(b, lhs, rhs);
  default:
    // x mod n = x - n * (x floordiv n), for positive n.
    return arith::SubIOp::create(b, lhs, arith::MulIOp::create(b, rhs, arith::FloorDivSIOp::create(b, lhs, rhs)));
  }
}

Value attn::emitFormula(ImplicitLocOpBuilder &b, const MaskFormula &formula, Type type, ValueRange dims, ValueRange symbols) {
  if (formula.getKind() == MaskFormula::Kind::Constraint) {
    auto predicate = formula.isEquality() ? arith::CmpIPredicate::eq : arith::CmpIPredicate::sge;
    return arith::CmpIOp::create(b, predicate, emitAffine(b, formula.getExpr(), type, dims, symbols), integerConstant(b, type, 0));
  }
  bool isAnd = formula.getKind() == MaskFormula::Kind::And;
  Type truth = b.getI1Type();
  if (auto vector = dyn_cast<VectorType>(type))
    truth = vector.clone(truth);
  if (formula.getKind() == MaskFormula::Kind::Not) {
    Value child = emitFormula(b, formula.getChildren().front(), type, dims, symbols);
    return arith::XOrIOp::create(b, child, integerConstant(b, truth, 1));
  }
  Value result = integerConstant(b, truth, isAnd ? 1 : 0);
  for (const MaskFormula &child : formula.getChildren()) {
    Value holds = emitFormula(b, child, type, dims, symbols);
    result = isAnd ? Value(arith::AndIOp::create(b, result, holds)) : Value(arith::OrIOp::create(b, result, holds));
  }
  return result;
}
