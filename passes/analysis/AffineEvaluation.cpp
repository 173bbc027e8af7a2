//===- AffineEvaluation.cpp - affine expressions of numbers ---------------===//

#include "passes/analysis/AffineEvaluation.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mlir::attn;

int64_t mlir::attn::evaluate(AffineExpr expr, ArrayRef<int64_t> dims, ArrayRef<int64_t> symbols) {
  switch (expr.getKind()) {
  case AffineExprKind::Constant:
    return cast<AffineConstantExpr>(expr).getValue();
  case AffineExprKind::DimId:
    return dims[cast<AffineDimExpr>(expr).getPosition()];
  case AffineExprKind::SymbolId:
    return symbols[cast<AffineSymbolExpr>(expr).getPosition()];
  default:
    break;
  }
  auto binary = cast<AffineBinaryOpExpr>(expr);
  int64_t lhs = evaluate(binary.getLHS(), dims, symbols), rhs = evaluate(binary.getRHS(), dims, symbols);
  switch (expr.getKind()) {
  case AffineExprKind::Add:
    return lhs + rhs;
  case AffineExprKind::Mul:
    return lhs * rhs;
  case AffineExprKind::Mod:
    return llvm::mod(lhs, rhs);
  case AffineExprKind::FloorDiv:
    return llvm::divideFloorSigned(lhs, rhs);
  default:
    return llvm::divideCeilSigned(lhs, rhs);
  }
}

bool mlir::attn::evaluate(const MaskFormula &mask, ArrayRef<int64_t> dims, ArrayRef<int64_t> symbols) {
  auto holds = [&](const MaskFormula &child) { return evaluate(child, dims, symbols); };
  switch (mask.getKind()) {
  case MaskFormula::Kind::Constraint: {
    int64_t value = evaluate(mask.getExpr(), dims, symbols);
    return mask.isEquality() ? value == 0 : value >= 0;
  }
  case MaskFormula::Kind::And:
    return llvm::all_of(mask.getChildren(), holds);
  case MaskFormula::Kind::Or:
    return llvm::any_of(mask.getChildren(), holds);
  case MaskFormula::Kind::Not:
    return !holds(mask.getChildren().front());
  }
  llvm_unreachable("all kinds are handled");
}
