// RUN: attn-opt %s | FileCheck %s
// RUN: attn-opt %s | attn-opt | FileCheck %s
// RUN: attn-opt %s --mlir-print-op-generic | attn-opt | FileCheck %s

!t = tensor<2x4x8x16xf32>

// CHECK-LABEL: @alone
func.func @alone(%q: !t) -> !t {
  // CHECK: mask = #attn.causal :
  %o = attn.attention %q, %q, %q mask = #attn.causal : !t, !t, !t -> !t
  return %o : !t
}
