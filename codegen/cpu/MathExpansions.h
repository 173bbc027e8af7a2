//===- MathExpansions.h - pattern sets of attn-expand-math ------*- C++ -*-===//

#ifndef ATTN_CODEGEN_CPU_MATHEXPANSIONS_H
#define ATTN_CODEGEN_CPU_MATHEXPANSIONS_H

#include "mlir/IR/PatternMatch.h"

namespace mlir::attn {

/// exp2, exp and tanh as polynomials; see the description of attn-expand-math.
void populateExponentialPatterns(RewritePatternSet &patterns, bool fma, bool scalef);
/// floor, ceil, trunc and roundeven as arithmetic.
void populateRoundingPatterns(RewritePatternSet &patterns);
/// arith.extf and arith.truncf between f16 and f32 as integer arithmetic, rounding to nearest even.
void populateHalfConversionPatterns(RewritePatternSet &patterns);

} // namespace mlir::attn

#endif // ATTN_CODEGEN_CPU_MATHEXPANSIONS_H
