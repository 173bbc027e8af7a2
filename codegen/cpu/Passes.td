//===- Passes.td - passes of the CPU target ----------------*- tablegen -*-===//

#ifndef ATTN_CODEGEN_CPU_PASSES_TD
#define ATTN_CODEGEN_CPU_PASSES_TD

include "mlir/Pass/PassBase.td"

def ExpandMathPass : Pass<"attn-expand-math"> {
  let summary = "Expand math operations until nothing is left that LLVM would turn into a library call";
  let description = [{
    Generated kernels link against nothing, so every `math` operation must become instructions. `exp2`, `exp` and `tanh` are replaced
    by polynomials with these properties, on scalars and vectors of f32:

    - `exp2(0)` is exactly 1; -inf gives 0, NaN gives NaN, large arguments give inf; results below 2^-125 may be flushed to 0;
    - relative error 9e-8 in the polynomial, or 1e-4 for an `exp2` that carries the `afn` flag;
    - `tanh` has a relative error below 4e-7, also near zero.

    The rest goes through MLIR's polynomial approximations and expansions. Operations on bf16 and f16 are computed in f32. The options
    state what the machine has; without `fma` a multiply-add becomes a product and a sum, without `rounding` (SSE4.1) floor, ceil,
    trunc and roundeven become arithmetic, without `f16c` conversions between f16 and f32 become integer arithmetic.
    What cannot be expanded is an error that names the operation.
  }];
  let options = [
    Option<"fma", "fma", "bool", "true", "Fused multiply-add">,
    Option<"scalef", "scalef", "bool", "false", "vreduceps and vscalefps on 16 lanes">,
    Option<"rounding", "rounding", "bool", "true", "Instructions that round to an integer">,
    Option<"f16c", "f16c", "bool", "true", "Instructions that convert between f16 and f32">
  ];
  let dependentDialects = ["arith::ArithDialect", "math::MathDialect", "vector::VectorDialect", "LLVM::LLVMDialect"];
}

#endif // ATTN_CODEGEN_CPU_PASSES_TD
