// RUN: attn-opt %s | FileCheck %s
// RUN: attn-opt %s | attn-opt | FileCheck %s
// RUN: attn-opt %s --mlir-print-op-generic | attn-opt | FileCheck %s

!t = tensor<2x4x8x16xf32>

// CHECK-LABEL: @intersection
func.func @intersection(%q: !t, %w: index) -> !t {
  // CHECK: mask = #attn.all_of<[#attn.causal, #attn.window<left = W>]> symbols(W = %{{.*}})
  %o = attn.attention %q, %q, %q mask = #attn.all_of<[#attn.causal, #attn.window<left = W>]> symbols(W = %w) : !t, !t, !t -> !t
  return %o : !t
}

// CHECK-LABEL: @union
func.func @union(%q: !t, %p: index) -> !t {
  // CHECK: mask = #attn.any_of<[#attn.causal, #attn.prefix<P>]> symbols(P = %{{.*}})
  %o = attn.attention %q, %q, %q mask = #attn.any_of<[#attn.causal, #attn.prefix<P>]> symbols(P = %p) : !t, !t, !t -> !t
  return %o : !t
}

// CHECK-LABEL: @complement
func.func @complement(%q: !t) -> !t {
  // CHECK: mask = #attn.not<#attn.chunked<128>> :
  %o = attn.attention %q, %q, %q mask = #attn.not<#attn.chunked<128>> : !t, !t, !t -> !t
  return %o : !t
}

// CHECK-LABEL: @streaming
func.func @streaming(%q: !t, %w: index) -> !t {
  // CHECK: mask = #attn.all_of<[#attn.causal, #attn.any_of<[#attn.window<left = W>, #attn.sinks<4>]>]> symbols(W = %{{.*}})
  %o = attn.attention %q, %q, %q mask = #attn.all_of<[#attn.causal, #attn.any_of<[#attn.window<left = W>, #attn.sinks<4>]>]> symbols(W = %w) : !t, !t, !t -> !t
  return %o : !t
}

// CHECK-LABEL: @one_number_twice
func.func @one_number_twice(%q: !t, %n: index) -> !t {
  // CHECK: mask = #attn.any_of<[#attn.prefix<N>, #attn.not<#attn.window<left = N, right = N>>]> symbols(N = %{{.*}})
  %o = attn.attention %q, %q, %q mask = #attn.any_of<[#attn.prefix<N>, #attn.not<#attn.window<left = N, right = N>>]> symbols(N = %n) : !t, !t, !t -> !t
  return %o : !t
}
