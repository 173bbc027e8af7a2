// RUN: attn-opt %s | FileCheck %s
// RUN: attn-opt %s | attn-opt | FileCheck %s
// RUN: attn-opt %s --mlir-print-op-generic | attn-opt | FileCheck %s

!t = tensor<2x4x8x16xf32>

// CHECK-LABEL: @chunks
func.func @chunks(%q: !t) -> !t {
  // CHECK: mask = #attn.chunked<8192> :
  %o = attn.attention %q, %q, %q mask = #attn.chunked<8192> : !t, !t, !t -> !t
  return %o : !t
}
