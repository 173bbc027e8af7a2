// RUN: attn-opt %s | FileCheck %s
// RUN: attn-opt %s | attn-opt | FileCheck %s

!t = tensor<2x4x8x16xf32>

// CHECK-LABEL: @causal_as_a_set
func.func @causal_as_a_set(%q: !t) -> !t {
  // CHECK: mask = #attn.set<"(b, h, i, j) : (i - j >= 0)"> :
  %o = attn.attention %q, %q, %q mask = #attn.set<"(b, h, i, j) : (i - j >= 0)"> : !t, !t, !t -> !t
  return %o : !t
}

// CHECK-LABEL: @all_relations
func.func @all_relations(%q: !t) -> !t {
  // CHECK: #attn.set<"(b, h, i, j)[Tq, Tk] : (i >= j, j <= Tk - 1, j mod 64 == 0, i floordiv 2 + b + h >= Tq ceildiv 3)">
  %o = attn.attention %q, %q, %q
    mask = #attn.set<"(b, h, i, j)[Tq, Tk] : (i >= j, j <= Tk - 1, j mod 64 == 0, i floordiv 2 + b + h >= Tq ceildiv 3)">
    : !t, !t, !t -> !t
  return %o : !t
}

// CHECK-LABEL: @names_other_than_lengths_are_bound
func.func @names_other_than_lengths_are_bound(%q: !t, %w: index) -> !t {
  // CHECK: #attn.set<"(b, h, i, j)[Tq, Tk, W] : (i - j >= 0, W - i + j >= 0)"> symbols(W = %{{.*}})
  %o = attn.attention %q, %q, %q mask = #attn.set<"(b, h, i, j)[Tq, Tk, W] : (i - j >= 0, W - i + j >= 0)"> symbols(W = %w : index)
    : !t, !t, !t -> !t
  return %o : !t
}
