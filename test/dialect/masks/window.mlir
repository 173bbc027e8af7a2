// RUN: attn-opt %s | FileCheck %s
// RUN: attn-opt %s | attn-opt | FileCheck %s
// RUN: attn-opt %s --mlir-print-op-generic | attn-opt | FileCheck %s

!t = tensor<2x4x8x16xf32>

// CHECK-LABEL: @left
func.func @left(%q: !t) -> !t {
  // CHECK: mask = #attn.window<left = 4095> :
  %o = attn.attention %q, %q, %q mask = #attn.window<left = 4095> : !t, !t, !t -> !t
  return %o : !t
}

// CHECK-LABEL: @right
func.func @right(%q: !t) -> !t {
  // CHECK: mask = #attn.window<right = 0> :
  %o = attn.attention %q, %q, %q mask = #attn.window<right = 0> : !t, !t, !t -> !t
  return %o : !t
}

// CHECK-LABEL: @both
func.func @both(%q: !t) -> !t {
  // CHECK: mask = #attn.window<left = 3, right = 4> :
  %o = attn.attention %q, %q, %q mask = #attn.window<left = 3, right = 4> : !t, !t, !t -> !t
  return %o : !t
}

// CHECK-LABEL: @run_time
func.func @run_time(%q: !t, %w: index, %r: index) -> !t {
  // CHECK: mask = #attn.window<left = W, right = R> symbols(W = %{{.*}}, R = %{{.*}})
  %o = attn.attention %q, %q, %q mask = #attn.window<left = W, right = R> symbols(W = %w, R = %r) : !t, !t, !t -> !t
  return %o : !t
}
