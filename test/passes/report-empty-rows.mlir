// RUN: attn-opt %s --split-input-file --verify-diagnostics --pass-pipeline='builtin.module(func.func(attn-report-empty-rows))' | FileCheck %s

// The witness is one of many; the ones here are the only ones, or follow from what the description fixes.

!q = tensor<1x2x8x16xf32>
!k = tensor<1x2x4x16xf32>
// Queries 0 to 3 lie before the first key.
// CHECK-LABEL: @more_queries_than_keys
func.func @more_queries_than_keys(%q: !q, %k: !k) -> !q {
  // expected-remark @below {{a query may see no key: batch 0, head 0, position -4 with Tq = 8, Tk = 4}}
  %o = attn.attention %q, %k, %k mask = #attn.causal : !q, !k, !k -> !q
  // CHECK: mask = #attn.causal :
  return %o : !q
}

// -----

!t = tensor<1x2x8x16xf32>
func.func @causal_square(%q: !t) -> !t {
  %o = attn.attention %q, %q, %q mask = #attn.causal : !t, !t, !t -> !t
  return %o : !t
}

// -----

!t = tensor<1x2x8x16xf32>
func.func @heads_differ(%q: !t) -> !t {
  // Head 1 sees the keys 5 + j for even j alone, which begin behind the first row's position.
  // expected-remark @below {{a query may see no key: batch 0, head 1, position 0 with Tq = 8, Tk = 8}}
  %o = attn.attention %q, %q, %q mask = #attn.set<"(b, h, i, j) : (i - j >= 0, j - 5 * h >= 0)"> : !t, !t, !t -> !t
  return %o : !t
}

// -----

!t = tensor<1x2x8x16xf32>
func.func @constant_number(%q: !t) -> !t {
  %none = arith.constant 0 : index
  // expected-remark @below {{a query may see no key: batch 0, head 0, position 0 with Tq = 8, Tk = 8, P = 0}}
  %o = attn.attention %q, %q, %q mask = #attn.prefix<P> symbols(P = %none) : !t, !t, !t -> !t
  return %o : !t
}

// -----

!t = tensor<1x2x8x16xf32>
func.func @offset_behind_the_window(%q: !t) -> !t {
  %offset = arith.constant 20 : index
  // expected-remark @below {{a query may see no key: batch 0, head 0, position 20 with Tq = 8, Tk = 8}}
  %o = attn.attention %q, %q, %q mask = #attn.window<left = 3> offset(%offset : index) : !t, !t, !t -> !t
  return %o : !t
}

// -----

// For every length: queries are aligned with the end of the keys, and there may be more of them.
!q = tensor<?x2x?x16xf32>
func.func @run_time_lengths(%q: !q, %k: !q) -> !q {
  // expected-remark-re @below {{a query may see no key: batch 0, head 0, position -{{[0-9]+}} with Tq = {{[0-9]+}}, Tk = {{[0-9]+}}}}
  %o = attn.attention %q, %k, %k mask = #attn.causal : !q, !q, !q -> !q
  return %o : !q
}

// -----

!q = tensor<?x2x1x16xf32>
!k = tensor<?x2x?x16xf32>
// A single query sits on the last key.
func.func @decode(%q: !q, %k: !k) -> !q {
  %o = attn.attention %q, %k, %k mask = #attn.all_of<[#attn.causal, #attn.window<left = 3>]> : !q, !k, !k -> !q
  return %o : !q
}

// -----

!q = tensor<?x2x?x16xf32>
func.func @sinks_are_seen_by_all(%q: !q, %k: !q) -> !q {
  %o = attn.attention %q, %k, %k mask = #attn.sinks<4> : !q, !q, !q -> !q
  return %o : !q
}

// -----

!q = tensor<?x2x?x16xf32>
func.func @run_time_number(%q: !q, %k: !q, %p: index) -> !q {
  // expected-remark-re @below {{a query may see no key: {{.*}} P = {{-?[0-9]+}}}}
  %o = attn.attention %q, %k, %k mask = #attn.prefix<P> symbols(P = %p) : !q, !q, !q -> !q
  return %o : !q
}

// -----

!q = tensor<?x2x?x16xf32>
func.func @no_mask(%q: !q, %k: !q) -> !q {
  %o = attn.attention %q, %k, %k : !q, !q, !q -> !q
  return %o : !q
}
