// RUN: attn-opt %s --attn-lower-stages --verify-diagnostics

// expected-error @below {{expected 'attn.target' to name a CPU}}
func.func @f_stage_0(%args: !llvm.ptr, %workspace: !llvm.ptr, %scratch: !llvm.ptr, %task: i64) attributes {attn.stage = "rows"} {
  return
}
