// RUN: attn-opt %s --split-input-file --verify-diagnostics

!t = tensor<2x4x8x16xf32>
func.func @not_a_precision(%q: !t) -> !t {
  // expected-error @below {{expected precision tf32, but got 'f32'}}
  %o = attn.attention %q, %q, %q precision = f32 : !t, !t, !t -> !t
  return %o : !t
}

// -----

!t = tensor<2x4x8x16xf32>
func.func @not_a_mask(%q: !t) -> !t {
  // expected-error @below {{expected a mask, but got #attn.softmax}}
  %o = attn.attention %q, %q, %q mask = #attn.softmax : !t, !t, !t -> !t
  return %o : !t
}

// -----

!t = tensor<2x4x8x16xf32>
func.func @not_a_normalizer(%q: !t) -> !t {
  // expected-error @below {{expected a normalizer, but got #attn.causal}}
  %o = attn.attention %q, %q, %q normalizer = #attn.causal : !t, !t, !t -> !t
  return %o : !t
}

// -----

!t = tensor<2x4x8x16xf32>
func.func @clause_twice(%q: !t) -> !t {
  // expected-error @below {{expected 'scale' once, but got it twice}}
  %o = attn.attention %q, %q, %q scale = 0.5 scale = 0.25 : !t, !t, !t -> !t
  return %o : !t
}

// -----

!t = tensor<2x4x8x16xf32>
func.func @unknown_result(%q: !t) -> !t {
  // expected-error @below {{expected a further result 'lse : type' or 'row_max : type'}}
  %o:2 = attn.attention %q, %q, %q : !t, !t, !t -> !t, sum : tensor<2x4x8xf32>
  return %o#0 : !t
}

// -----

!t = tensor<2x4x8x16xf32>
func.func @result_twice(%q: !t) -> !t {
  // expected-error @below {{expected result 'lse' once, but got it twice}}
  %o:3 = attn.attention %q, %q, %q : !t, !t, !t -> !t, lse : tensor<2x4x8xf32>, lse : tensor<2x4x8xf32>
  return %o#0 : !t
}

// -----

// expected-error @below {{expected an attribute of the attn dialect, but got 'banded'}}
module attributes {attn.example = #attn.banded<3>} {}
