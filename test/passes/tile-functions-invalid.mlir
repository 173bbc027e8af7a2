// RUN: attn-opt %s --allow-unregistered-dialect --attn-normalize --attn-tile --split-input-file --verify-diagnostics

!t = tensor<?x2x?x64xf32>
// expected-error @below {{expected the attribute 'attn.target' = #attn.target<...>, which says what to tile for}}
func.func @no_target(%q: !t) -> !t {
  %o = attn.attention %q, %q, %q : !t, !t, !t -> !t
  return %o : !t
}

// -----

!t = tensor<?x2x?x64xf32>
// expected-error @below {{expected target x86-64, x86-64-v3, x86-64-v4, x86-64-v4+avx512bf16, sm_80, sm_90a, but got 'pdp11'}}
func.func @unknown_target(%q: !t) -> !t attributes {attn.target = #attn.target<"pdp11">} {
  %o = attn.attention %q, %q, %q : !t, !t, !t -> !t
  return %o : !t
}

// -----

!t = tensor<?x2x?x64xf32>
func.func @returns_an_argument(%q: !t) -> (!t, !t) attributes {attn.target = #attn.target<"x86-64">} {
  %o = attn.attention %q, %q, %q : !t, !t, !t -> !t
  // expected-error @below {{expected every returned value to be a result of an attention or a merge, but got a value of type 'tensor<?x2x?x64xf32>'}}
  return %o, %q : !t, !t
}

// -----

!t = tensor<?x2x?x64xf32>
func.func @returns_twice(%q: !t) -> (!t, !t) attributes {attn.target = #attn.target<"x86-64">} {
  %o = attn.attention %q, %q, %q : !t, !t, !t -> !t
  // expected-error @below {{expected every result to be returned once, but got one twice}}
  return %o, %o : !t, !t
}

// -----

!t = tensor<?x2x?x64xf32>
// expected-error @below {{expected arguments to be ranked tensors or numbers, but got 'memref<4xf32>'}}
func.func @memory(%q: !t, %m: memref<4xf32>) -> !t attributes {attn.target = #attn.target<"x86-64">} {
  %o = attn.attention %q, %q, %q : !t, !t, !t -> !t
  return %o : !t
}

// -----

!t = tensor<?x2x?x64xf32>
func.func @tensor_arithmetic(%q: !t) -> !t attributes {attn.target = #attn.target<"x86-64">} {
  // expected-error @below {{expected only attention, merges and arithmetic on numbers in a function that is compiled}}
  %k = arith.addf %q, %q : !t
  %o = attn.attention %q, %k, %k : !t, !t, !t -> !t
  return %o : !t
}

// -----

!t = tensor<?x2x?x64xf32>
func.func @stranger(%q: !t) -> !t attributes {attn.target = #attn.target<"x86-64">} {
  // expected-error @below {{expected only attention, merges and arithmetic on numbers in a function that is compiled}}
  "test.stranger"() : () -> ()
  %o = attn.attention %q, %q, %q : !t, !t, !t -> !t
  return %o : !t
}
