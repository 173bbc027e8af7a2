// RUN: attn-opt %s --split-input-file --verify-diagnostics

!q = tensor<2x4x8xf32>
!k = tensor<2x4x8x16xf32>
func.func @query_rank(%q: !q, %k: !k) -> !k {
  // expected-error @below {{expected 'query' to be a [batch, head, sequence, dim] tensor of rank 4, but got 'tensor<2x4x8xf32>'}}
  %o = attn.attention %q, %k, %k : !q, !k, !k -> !k
  return %o : !k
}

// -----

!q = tensor<2x4x8x16xf32>
!k = tensor<2x4x8x16x1xf32>
func.func @key_rank(%q: !q, %k: !k) -> !q {
  // expected-error @below {{expected 'key' to be a [batch, head, sequence, dim] tensor of rank 4, but got 'tensor<2x4x8x16x1xf32>'}}
  %o = attn.attention %q, %k, %q : !q, !k, !q -> !q
  return %o : !q
}

// -----

!t = tensor<2x4x8x16xf64>
func.func @element_type(%q: !t) -> !t {
  // expected-error @below {{expected 'query' to have element type f32, bf16 or f16, but got 'f64'}}
  %o = attn.attention %q, %q, %q : !t, !t, !t -> !t
  return %o : !t
}

// -----

!t = tensor<2x?x8x16xf32>
func.func @dynamic_heads(%q: !t) -> !t {
  // expected-error @below {{expected 'query' to have a static head count and head dim, but got 'tensor<2x?x8x16xf32>'}}
  %o = attn.attention %q, %q, %q : !t, !t, !t -> !t
  return %o : !t
}

// -----

!q = tensor<2x4x8x16xf32>
!v = tensor<2x4x8x?xf32>
func.func @dynamic_value_dim(%q: !q, %v: !v) -> !q {
  // expected-error @below {{expected 'value' to have a static head count and head dim, but got 'tensor<2x4x8x?xf32>'}}
  %o = attn.attention %q, %q, %v : !q, !q, !v -> !q
  return %o : !q
}

// -----

!t = tensor<2x0x8x16xf32>
func.func @no_heads(%q: !t) -> !t {
  // expected-error @below {{expected 'query' to have at least one head and one dim, but got 'tensor<2x0x8x16xf32>'}}
  %o = attn.attention %q, %q, %q : !t, !t, !t -> !t
  return %o : !t
}

// -----

!t = tensor<2x4x8x8192xf32>
func.func @huge_head_dim(%q: !t) -> !t {
  // expected-error @below {{expected the head dim of 'query' to be at most 4096, but got 8192}}
  %o = attn.attention %q, %q, %q : !t, !t, !t -> !t
  return %o : !t
}

// -----

!t = tensor<2x4x8x16xbf16>
func.func @precision(%q: !t) -> !t {
  // expected-error @below {{expected 'precision' only where 'query', 'key' and 'value' are f32, but got 'bf16'}}
  %o = attn.attention %q, %q, %q precision = tf32 : !t, !t, !t -> !t
  return %o : !t
}

// -----

!t = tensor<2x4x8x16xf32>
!o = tensor<2x4x8x16xi8>
func.func @output_type(%q: !t) -> !o {
  // expected-error @below {{expected 'output' to have element type f32, bf16 or f16, but got 'i8'}}
  %o = attn.attention %q, %q, %q : !t, !t, !t -> !o
  return %o : !o
}

// -----

!q = tensor<2x4x8x16xf32>
!k = tensor<2x4x8x16xbf16>
func.func @mixed_inputs(%q: !q, %k: !k) -> !q {
  // expected-error @below {{expected 'query', 'key' and 'value' to have one element type, but got 'f32', 'bf16' and 'bf16'}}
  %o = attn.attention %q, %k, %k : !q, !k, !k -> !q
  return %o : !q
}

// -----

!q = tensor<2x4x8x16xf32>
!k = tensor<3x4x8x16xf32>
func.func @batch_of_keys(%q: !q, %k: !k) -> !q {
  // expected-error @below {{expected 'query' and 'key' to have the same batch size, but got 2 and 3}}
  %o = attn.attention %q, %k, %k : !q, !k, !k -> !q
  return %o : !q
}

// -----

!q = tensor<2x4x8x16xf32>
!v = tensor<3x4x8x16xf32>
func.func @batch_of_values(%q: !q, %v: !v) -> !q {
  // expected-error @below {{expected 'key' and 'value' to have the same batch size, but got 2 and 3}}
  %o = attn.attention %q, %q, %v : !q, !q, !v -> !q
  return %o : !q
}

// -----

!q = tensor<2x4x8x16xf32>
!v = tensor<2x2x8x16xf32>
func.func @heads_of_values(%q: !q, %v: !v) -> !q {
  // expected-error @below {{expected 'key' and 'value' to have the same number of heads, but got 4 and 2}}
  %o = attn.attention %q, %q, %v : !q, !q, !v -> !q
  return %o : !q
}

// -----

!q = tensor<2x4x8x16xf32>
!v = tensor<2x4x9x16xf32>
func.func @number_of_values(%q: !q, %v: !v) -> !q {
  // expected-error @below {{expected 'key' and 'value' to have the same number of keys, but got 8 and 9}}
  %o = attn.attention %q, %q, %v : !q, !q, !v -> !q
  return %o : !q
}

// -----

!q = tensor<2x4x8x16xf32>
!k = tensor<2x4x8x32xf32>
func.func @head_dims(%q: !q, %k: !k) -> !q {
  // expected-error @below {{expected 'query' and 'key' to have the same head dim, but got 16 and 32}}
  %o = attn.attention %q, %k, %q : !q, !k, !q -> !q
  return %o : !q
}

// -----

!q = tensor<2x4x8x16xf32>
!k = tensor<2x3x8x16xf32>
func.func @group(%q: !q, %k: !k) -> !q {
  // expected-error @below {{expected the number of query heads to be a multiple of the number of key heads, but got 4 and 3}}
  %o = attn.attention %q, %k, %k : !q, !k, !k -> !q
  return %o : !q
}

// -----

!q = tensor<2x4x8x16xf32>
!o = tensor<2x4x9x16xf32>
func.func @output_shape(%q: !q) -> !o {
  // expected-error @below {{expected 'output' to have the batch, head and query sizes of 'query' and the head dim of 'value', but got 'tensor<2x4x9x16xf32>'}}
  %o = attn.attention %q, %q, %q : !q, !q, !q -> !o
  return %o : !o
}

// -----

!q = tensor<2x4x8x16xf32>
!l = tensor<2x4x8xf16>
func.func @lse_type(%q: !q) -> !l {
  // expected-error @below {{expected 'lse' to be an f32 [batch, head, query] tensor, but got 'tensor<2x4x8xf16>'}}
  %o, %l = attn.attention %q, %q, %q : !q, !q, !q -> !q, lse : !l
  return %l : !l
}

// -----

!q = tensor<2x4x8x16xf32>
!l = tensor<2x4x8x1xf32>
func.func @row_max_rank(%q: !q) -> !l {
  // expected-error @below {{expected 'row_max' to be an f32 [batch, head, query] tensor, but got 'tensor<2x4x8x1xf32>'}}
  %o, %m = attn.attention %q, %q, %q : !q, !q, !q -> !q, row_max : !l
  return %m : !l
}

// -----

!q = tensor<2x4x8x16xf32>
!l = tensor<2x4x7xf32>
func.func @lse_shape(%q: !q) -> !l {
  // expected-error @below {{expected 'lse' to have the batch, head and query sizes of the output, but got 'tensor<2x4x7xf32>' for 'tensor<2x4x8x16xf32>'}}
  %o, %l = attn.attention %q, %q, %q : !q, !q, !q -> !q, lse : !l
  return %l : !l
}

// -----

!t = tensor<2x4x8x16xf32>
func.func @negative_scale(%q: !t) -> !t {
  // expected-error @below {{expected 'scale' to be positive and finite, but got -1.000000e+00}}
  %o = attn.attention %q, %q, %q scale = -1.0 : !t, !t, !t -> !t
  return %o : !t
}

// -----

!t = tensor<2x4x8x16xf32>
func.func @two_scales(%q: !t, %s: f32) -> !t {
  // expected-error @below {{expected a constant or a run-time scale, but got both}}
  %o = "attn.attention"(%q, %q, %q, %s) <{operandSegmentSizes = array<i32: 1, 1, 1, 1, 0, 0, 0>, resultSegmentSizes = array<i32: 1, 0, 0>,
    scale = 0.5}> ({}) : (!t, !t, !t, f32) -> !t
  return %o : !t
}

// -----

!t = tensor<2x4x8x16xf32>
func.func @lengths_type(%q: !t, %n: tensor<2xi64>) -> !t {
  // expected-error @below {{expected 'lengths' to be an i32 [batch] tensor, but got 'tensor<2xi64>'}}
  %o = attn.attention %q, %q, %q lengths(%n : tensor<2xi64>) : !t, !t, !t -> !t
  return %o : !t
}

// -----

!t = tensor<2x4x8x16xf32>
func.func @lengths_batch(%q: !t, %n: tensor<3xi32>) -> !t {
  // expected-error @below {{expected 'query' and 'lengths' to have the same batch size, but got 2 and 3}}
  %o = attn.attention %q, %q, %q lengths(%n : tensor<3xi32>) : !t, !t, !t -> !t
  return %o : !t
}

// -----

!t = tensor<2x4x8x16xf32>
func.func @offset_batch(%q: !t, %n: tensor<1xi32>) -> !t {
  // expected-error @below {{expected 'query' and 'offset' to have the same batch size, but got 2 and 1}}
  %o = attn.attention %q, %q, %q offset(%n : tensor<1xi32>) : !t, !t, !t -> !t
  return %o : !t
}

// -----

!t = tensor<2x4x8x16xf32>
func.func @offset_type(%q: !t, %n: i64) -> !t {
  // expected-error @below {{operand #3 must be index or 1D tensor of 32-bit signless integer values, but got 'i64'}}
  %o = attn.attention %q, %q, %q offset(%n : i64) : !t, !t, !t -> !t
  return %o : !t
}
