//===- AffineEmission.h - affine expressions on lanes -----------*- C++ -*-===//

#ifndef ATTN_CODEGEN_LOWER_AFFINEEMISSION_H
#define ATTN_CODEGEN_LOWER_AFFINEEMISSION_H

#include "dialect/MaskFormula.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace mlir::attn {

/// Evaluates `expr` on integers or vectors of integers of type `type`; numbers of another shape among the operands are spread over the lanes.
Value emitAffine(ImplicitLocOpBuilder &b, AffineExpr expr, Type type, ValueRange dims, ValueRange symbols);

/// Whether the formula holds, lane by lane, as i1 or a vector of i1.
Value emitFormula(ImplicitLocOpBuilder &b, const MaskFormula &formula, Type type, ValueRange dims, ValueRange symbols);

/// `value` as an integer or index, or in all lanes of a vector of them.
Value integerConstant(ImplicitLocOpBuilder &b, Type type, int64_t value);

/// An integer of any width or an index as `type`, spread over its lanes if it has any.
Value spreadInteger(ImplicitLocOpBuilder &b, Value value, Type type);

} // namespace mlir::attn

#endif // ATTN_CODEGEN_LOWER_AFFINEEMISSION_H
