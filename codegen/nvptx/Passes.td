//===- Passes.td - passes of the NVIDIA targets ------------*- tablegen -*-===//

#ifndef ATTN_CODEGEN_NVPTX_PASSES_TD
#define ATTN_CODEGEN_NVPTX_PASSES_TD

include "mlir/Pass/PassBase.td"

def LowerWarpsPass : Pass<"attn-lower-warps", "::mlir::ModuleOp"> {
  let summary = "Turn stages into kernels: blocks of warps, or of warpgroups with roles";
  let description = [{
    Each stage function becomes a kernel `NAME_stage_K(arguments, workspace)`: block `i` does task `i`, the argument block is passed by value. Tiles
    go to shared memory by asynchronous copies, states stay in registers, products are `nvvm.mma.sync`. `NAME_stage_K_unaligned` does the same for
    operands whose rows do not begin at multiples of 16 bytes.

    Where the target has warpgroups and tensor maps describe the operands, the kernel of a stage with panels is
    `NAME_stage_K(arguments, workspace, tasks, tensor maps...)`: a block takes its tasks from a counter in the workspace, one warpgroup has TMA copy
    tiles, the others compute with `wgmma`.

    Kernels carry what a launch must know: `attn.stage`, `attn.stage_number` (in the plan), `attn.alignment`, `attn.threads`, `attn.shared_bytes`; and
    where they take their tasks themselves `attn.persistent` (blocks of a multiprocessor) and `attn.tensor_maps` (argument, group, step, phase, box
    rows and columns of each).
  }];
  let dependentDialects = ["arith::ArithDialect", "LLVM::LLVMDialect", "NVVM::NVVMDialect", "func::FuncDialect", "math::MathDialect",
                           "memref::MemRefDialect", "scf::SCFDialect", "vector::VectorDialect"];
}

def MarkKernelsPass : Pass<"attn-mark-kernels", "::mlir::ModuleOp"> {
  let summary = "Turn lowered stages into kernels for NVVM";
  let description = [{
    Functions of the LLVM dialect that carry `attn.threads` become `nvvm.kernel`s with that number of threads a block, and take their argument block by
    value, as `nvvm.grid_constant`. It comes last because these attributes are for functions of the LLVM dialect only.
  }];
  let dependentDialects = ["LLVM::LLVMDialect", "NVVM::NVVMDialect"];
}

def MathToNvptxPass : Pass<"attn-math-to-nvptx"> {
  let summary = "Replace math operations on f32 by the hardware's instructions";
  let description = [{
    `exp2` and `log2` become `ex2.approx.ftz` and `lg2.approx.ftz` (relative error 2^-22), `exp`, `log` and
    `tanh` (absolute error 2e-7) are made of these and `rcp.approx.ftz`. What LLVM translates itself stays: `fma`, `absf`, `sqrt`, rounding and the
    like. Anything else is an error that names the operation.

    ```mlir
    %y = math.exp2 %x : f32
    ```
  }];
  let dependentDialects = ["arith::ArithDialect", "LLVM::LLVMDialect"];
}

def ToNvptxPass : Pass<"attn-to-nvptx", "::mlir::ModuleOp"> {
  let summary = "Phase target on an NVIDIA GPU: from scheduled tiles to the LLVM and NVVM dialects";
  let description = [{
    Runs the passes from `attn-outline-stages` to the LLVM and NVVM dialects for the GPU that the functions carry as `attn.target`, for example
    `#attn.target<"sm_80">`. The plan stays a function for the host.

    ```
    attn-opt FILE --attn-normalize --attn-tile --attn-schedule --attn-to-nvptx
    ```
  }];
}

#endif // ATTN_CODEGEN_NVPTX_PASSES_TD
