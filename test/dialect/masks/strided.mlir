// RUN: attn-opt %s | FileCheck %s
// RUN: attn-opt %s | attn-opt | FileCheck %s
// RUN: attn-opt %s --mlir-print-op-generic | attn-opt | FileCheck %s

!t = tensor<2x4x8x16xf32>

// CHECK-LABEL: @steps
func.func @steps(%q: !t) -> !t {
  // CHECK: mask = #attn.strided<64> :
  %o = attn.attention %q, %q, %q mask = #attn.strided<64> : !t, !t, !t -> !t
  return %o : !t
}

// CHECK-LABEL: @every_key
func.func @every_key(%q: !t) -> !t {
  // CHECK: mask = #attn.strided<1> :
  %o = attn.attention %q, %q, %q mask = #attn.strided<1> : !t, !t, !t -> !t
  return %o : !t
}
