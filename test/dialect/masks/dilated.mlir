// RUN: attn-opt %s | FileCheck %s
// RUN: attn-opt %s | attn-opt | FileCheck %s
// RUN: attn-opt %s --mlir-print-op-generic | attn-opt | FileCheck %s

!t = tensor<2x4x8x16xf32>

// CHECK-LABEL: @constant
func.func @constant(%q: !t) -> !t {
  // CHECK: mask = #attn.dilated<4, 128> :
  %o = attn.attention %q, %q, %q mask = #attn.dilated<4, 128> : !t, !t, !t -> !t
  return %o : !t
}

// CHECK-LABEL: @run_time
func.func @run_time(%q: !t, %w: index) -> !t {
  // CHECK: mask = #attn.dilated<4, W> symbols(W = %{{.*}})
  %o = attn.attention %q, %q, %q mask = #attn.dilated<4, W> symbols(W = %w) : !t, !t, !t -> !t
  return %o : !t
}
