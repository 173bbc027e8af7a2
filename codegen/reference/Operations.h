//===- Operations.h - one function per operation family ---------*- C++ -*-===//

#ifndef ATTN_CODEGEN_REFERENCE_OPERATIONS_H
#define ATTN_CODEGEN_REFERENCE_OPERATIONS_H

#include "codegen/reference/Scope.h"
#include "dialect/AttnOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

namespace mlir::attn::reference {

// Each evaluates its operation and sets the results in the scope. They fail with an error at the operation.

LogicalResult evalAttention(AttentionOp op, Scope &scope);
LogicalResult evalMerge(MergeOp op, Scope &scope);
LogicalResult evalCall(func::CallOp op, Scope &scope);
LogicalResult evalConstant(arith::ConstantOp op, Scope &scope);
LogicalResult evalDim(tensor::DimOp op, Scope &scope);
LogicalResult evalExtract(tensor::ExtractOp op, Scope &scope);
LogicalResult evalCast(tensor::CastOp op, Scope &scope);
/// An arith or math operation on scalars, or elementwise on tensors of one shape.
LogicalResult evalElementwise(Operation *op, Scope &scope);

} // namespace mlir::attn::reference

#endif // ATTN_CODEGEN_REFERENCE_OPERATIONS_H
