// RUN: attn-opt %s --split-input-file --verify-diagnostics

!t = tensor<2x4x8x16xf32>
func.func @unbound(%q: !t) -> !t {
  // expected-error @below {{expected the mask's number 'W' to be bound by symbols(W = ...)}}
  %o = attn.attention %q, %q, %q mask = #attn.all_of<[#attn.causal, #attn.window<left = W>]> : !t, !t, !t -> !t
  return %o : !t
}

// -----

!t = tensor<2x4x8x16xf32>
func.func @unmentioned(%q: !t, %w: index) -> !t {
  // expected-error @below {{expected the mask to mention symbol 'W', but it does not}}
  %o = attn.attention %q, %q, %q mask = #attn.causal symbols(W = %w) : !t, !t, !t -> !t
  return %o : !t
}

// -----

!t = tensor<2x4x8x16xf32>
func.func @symbols_without_mask(%q: !t, %w: index) -> !t {
  // expected-error @below {{expected the mask to mention symbol 'W', but it does not}}
  %o = attn.attention %q, %q, %q symbols(W = %w) : !t, !t, !t -> !t
  return %o : !t
}

// -----

!t = tensor<2x4x8x16xf32>
func.func @bound_twice(%q: !t, %w: index) -> !t {
  // expected-error @below {{expected different symbols, but got 'W' twice}}
  %o = attn.attention %q, %q, %q mask = #attn.prefix<W> symbols(W = %w, W = %w) : !t, !t, !t -> !t
  return %o : !t
}

// -----

!t = tensor<2x4x8x16xf32>
func.func @names_without_values(%q: !t) -> !t {
  // expected-error @below {{expected a value for each symbol, but got 1 names and 0 values}}
  %o = "attn.attention"(%q, %q, %q) <{mask = #attn.prefix<W>, operandSegmentSizes = array<i32: 1, 1, 1, 0, 0, 0, 0>,
    resultSegmentSizes = array<i32: 1, 0, 0>, symbol_names = ["W"]}> ({}) : (!t, !t, !t) -> !t
  return %o : !t
}

// -----

!t = tensor<2x4x8x16xf32>
func.func @symbol_type(%q: !t, %w: i32) -> !t {
  // expected-error @below {{expected symbol 'W' to have type index, but got 'i32'}}
  %o = attn.attention %q, %q, %q mask = #attn.prefix<W> symbols(W = %w : i32) : !t, !t, !t -> !t
  return %o : !t
}
