//===- Passes.td - passes that every target begins with ---*- tablegen -*-===//

#ifndef ATTN_CODEGEN_LOWER_PASSES_TD
#define ATTN_CODEGEN_LOWER_PASSES_TD

include "mlir/Pass/PassBase.td"

def OutlineStagesPass : Pass<"attn-outline-stages", "::mlir::ModuleOp"> {
  let summary = "Cut a kernel into one function per stage and a plan";
  let description = [{
    Each `attn.parallel` becomes `func @NAME_stage_K(arguments, workspace, scratch, task)`, which does one task; what the kernel computes before
    it (sizes, offsets, conditions) is repeated in each. `func @NAME_plan(arguments, plan)` fills the number of tasks of each stage, zero where
    its condition does not hold, and the bytes of workspace. Arguments come as the block of runtime/attn_abi.h.

    ```mlir
    attn.parallel "rows" (%b, %h, %I) = (%B, %H, %n) if %many order = longest_first { ... }
    // becomes
    func.func @f_stage_0(%args: !llvm.ptr, %workspace: !llvm.ptr, %scratch: !llvm.ptr, %task: i64) attributes {attn.stage = "rows"} { ... }
    ```
  }];
  let dependentDialects = ["arith::ArithDialect", "LLVM::LLVMDialect", "func::FuncDialect", "memref::MemRefDialect"];
}

#endif // ATTN_CODEGEN_LOWER_PASSES_TD
