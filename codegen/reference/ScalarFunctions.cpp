//===- ScalarFunctions.cpp - arith and math on single numbers -------------===//

#include "codegen/reference/ScalarFunctions.h"
#include "codegen/FloatFormats.h"
#include "mlir/IR/TypeUtilities.h"

using namespace mlir;
using namespace mlir::attn;
using namespace mlir::attn::reference;

static ScalarFunction findFunction(Operation *op) {
  for (auto find : {getFloatArithmetic, getIntegerArithmetic, getConversion, getMathFunction})
    if (ScalarFunction function = find(op))
      return function;
  return {};
}

ScalarFunction reference::getScalarFunction(Operation *op, bool round) {
  if (op->getNumResults() != 1)
    return {};
  ScalarFunction function = findFunction(op);
  auto type = dyn_cast<FloatType>(getElementTypeOrSelf(op->getResult(0).getType()));
  if (!function || !round || !type)
    return function;
  return [function, type](const double *x) { return roundToType(function(x), type); };
}
