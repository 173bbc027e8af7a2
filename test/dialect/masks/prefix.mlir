// RUN: attn-opt %s | FileCheck %s
// RUN: attn-opt %s | attn-opt | FileCheck %s
// RUN: attn-opt %s --mlir-print-op-generic | attn-opt | FileCheck %s

!t = tensor<2x4x8x16xf32>

// CHECK-LABEL: @constant
func.func @constant(%q: !t) -> !t {
  // CHECK: mask = #attn.prefix<1024> :
  %o = attn.attention %q, %q, %q mask = #attn.prefix<1024> : !t, !t, !t -> !t
  return %o : !t
}

// CHECK-LABEL: @run_time
func.func @run_time(%q: !t, %p: index) -> !t {
  // CHECK: mask = #attn.prefix<P> symbols(P = %{{.*}})
  %o = attn.attention %q, %q, %q mask = #attn.prefix<P> symbols(P = %p) : !t, !t, !t -> !t
  return %o : !t
}

// CHECK-LABEL: @nothing
func.func @nothing(%q: !t) -> !t {
  // CHECK: mask = #attn.prefix<0> :
  %o = attn.attention %q, %q, %q mask = #attn.prefix<0> : !t, !t, !t -> !t
  return %o : !t
}
