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

def LowerStagesPass : Pass<"attn-lower-stages", "::mlir::ModuleOp"> {
  let summary = "Replace tile operations by loops over memory and calls of micro-kernels";
  let description = [{
    Tiles and states get places in scratch memory, views become memrefs, and the work on a panel becomes a call of a generated micro-kernel; kernels
    of one configuration are generated once. Key loops become `scf.for`. In guarded loops each row's interval is computed from the segment, and
    the kernel with a guard runs only where the interval cuts the tile.
  }];
  let dependentDialects = ["arith::ArithDialect", "LLVM::LLVMDialect", "func::FuncDialect", "math::MathDialect", "memref::MemRefDialect",
                           "scf::SCFDialect", "vector::VectorDialect"];
}

def ToCpuPass : Pass<"attn-to-cpu", "::mlir::ModuleOp"> {
  let summary = "Phase target on a CPU: from scheduled tiles to the LLVM dialect";
  let description = [{
    Runs the passes from `attn-outline-stages` to the LLVM dialect for the x86 level that the functions carry as `attn.target`, for example
    `#attn.target<"x86-64-v4">`. All functions of a module must name the same level. Afterwards nothing but operations of the LLVM
    dialect is left; anything else is an error.

    ```
    attn-opt FILE --attn-normalize --attn-tile --attn-schedule --attn-to-cpu
    ```
  }];
}

#endif // ATTN_CODEGEN_CPU_PASSES_TD
