//===- Elimination.cpp - removing a variable ------------------------------===//

#include "passes/analysis/Elimination.h"

using namespace mlir;
using namespace mlir::attn;

LinearForm mlir::attn::combineBounds(const LinearForm &lower, const LinearForm &upper, AffineExpr variable, AffineExpr linearIn,
                                     bool &exact) {
  // a * v + r >= 0 and -b * v + s >= 0 leave room for an integer v if ceil(-r / a) <= floor(s / b).
  int64_t a = lower.getCoefficient(variable), b = -upper.getCoefficient(variable);
  LinearForm variableForm = LinearForm::of(variable), r = lower - variableForm * a, s = upper + variableForm * b;
  if (a > 1 && b > 1 && (!linearIn || !r.involves(linearIn)))
    return s - (r * -1).ceilDiv(a) * b;
  if (a > 1 && b > 1 && !s.involves(linearIn))
    return r + s.floorDiv(b) * a;
  LinearForm result = s * a + r * b;
  // Integer and rational solutions agree with one unit coefficient, or where there is always room for an integer.
  bool hasRoom = result.isConstant() && result.getConstant() >= (a - 1) * (b - 1);
  exact &= a == 1 || b == 1 || hasRoom;
  return result;
}
