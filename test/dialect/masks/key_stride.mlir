// RUN: attn-opt %s | FileCheck %s
// RUN: attn-opt %s | attn-opt | FileCheck %s
// RUN: attn-opt %s --mlir-print-op-generic | attn-opt | FileCheck %s

!t = tensor<2x4x8x16xf32>

// CHECK-LABEL: @offset
func.func @offset(%q: !t) -> !t {
  // CHECK: mask = #attn.key_stride<64, 63> :
  %o = attn.attention %q, %q, %q mask = #attn.key_stride<64, 63> : !t, !t, !t -> !t
  return %o : !t
}

// CHECK-LABEL: @from_the_first
func.func @from_the_first(%q: !t) -> !t {
  // CHECK: mask = #attn.key_stride<64> :
  %o = attn.attention %q, %q, %q mask = #attn.key_stride<64> : !t, !t, !t -> !t
  return %o : !t
}
