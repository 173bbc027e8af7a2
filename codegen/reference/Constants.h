//===- Constants.h - numbers in the text ------------------------*- C++ -*-===//

#ifndef ATTN_CODEGEN_REFERENCE_CONSTANTS_H
#define ATTN_CODEGEN_REFERENCE_CONSTANTS_H

#include "mlir/Dialect/Arith/IR/Arith.h"

#include <optional>

namespace mlir::attn::reference {

/// The number of a scalar constant, represented as in Array; none for tensors.
std::optional<double> getScalarConstant(arith::ConstantOp op);

} // namespace mlir::attn::reference

#endif // ATTN_CODEGEN_REFERENCE_CONSTANTS_H
