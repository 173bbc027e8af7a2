//===- MaskEvaluation.h - is a pair visible ---------------------*- C++ -*-===//

#ifndef ATTN_CODEGEN_REFERENCE_MASKEVALUATION_H
#define ATTN_CODEGEN_REFERENCE_MASKEVALUATION_H

#include "dialect/MaskFormula.h"

namespace mlir::attn::reference {

/// The value of an affine expression; `floordiv`, `ceildiv` and `mod` round as MLIR defines them, also for negative numbers.
/// Divisors must be positive, as the verifier of masks demands.
int64_t evaluateAffine(AffineExpr expr, ArrayRef<int64_t> dims, ArrayRef<int64_t> symbols);

/// Whether a formula holds at (b, h, i, j) with these symbols (Tq, Tk, bound numbers).
bool evaluateMask(const MaskFormula &formula, ArrayRef<int64_t> dims, ArrayRef<int64_t> symbols);

} // namespace mlir::attn::reference

#endif // ATTN_CODEGEN_REFERENCE_MASKEVALUATION_H
