//===- ScalarFunctions.h - arith and math on single numbers -----*- C++ -*-===//

#ifndef ATTN_CODEGEN_REFERENCE_SCALARFUNCTIONS_H
#define ATTN_CODEGEN_REFERENCE_SCALARFUNCTIONS_H

#include "mlir/IR/Operation.h"

#include <functional>

namespace mlir::attn::reference {

/// Computes the one result of an operation from its operands, in order. Numbers are represented as in Array.
using ScalarFunction = std::function<double(const double *operands)>;

/// The function of an arith or math operation, looked up once and applied to many numbers. `round`: a float result is rounded
/// to its type. Empty for operations it does not know.
ScalarFunction getScalarFunction(Operation *op, bool round);

// The parts, by kind of operand.
ScalarFunction getFloatArithmetic(Operation *op);
ScalarFunction getIntegerArithmetic(Operation *op);
ScalarFunction getConversion(Operation *op);
ScalarFunction getMathFunction(Operation *op);

} // namespace mlir::attn::reference

#endif // ATTN_CODEGEN_REFERENCE_SCALARFUNCTIONS_H
