// RUN: attn-opt %s | FileCheck %s
// RUN: attn-opt %s | attn-opt | FileCheck %s
// RUN: attn-opt %s --mlir-print-op-generic | attn-opt | FileCheck %s

!t = tensor<2x4x8x16xf32>

// CHECK-LABEL: @constant
func.func @constant(%q: !t) -> !t {
  // CHECK: mask = #attn.sinks<4> :
  %o = attn.attention %q, %q, %q mask = #attn.sinks<4> : !t, !t, !t -> !t
  return %o : !t
}

// CHECK-LABEL: @run_time
func.func @run_time(%q: !t, %n: index) -> !t {
  // CHECK: mask = #attn.sinks<n> symbols(n = %{{.*}})
  %o = attn.attention %q, %q, %q mask = #attn.sinks<n> symbols(n = %n) : !t, !t, !t -> !t
  return %o : !t
}
