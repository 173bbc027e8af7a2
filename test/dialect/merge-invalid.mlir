// RUN: attn-opt %s --split-input-file --verify-diagnostics

!o = tensor<2x4x8xf32>
func.func @rank(%a: !o) {
  // expected-error @below {{expected 'output' to be a [batch, head, sequence, dim] tensor of rank 4, but got 'tensor<2x4x8xf32>'}}
  %r:2 = attn.merge %a, %a with %a, %a : !o, !o
  return
}

// -----

!o = tensor<2x4x8x16xf32>
!l = tensor<2x4x9xf32>
func.func @lse_shape(%a: !o, %l: !l) {
  // expected-error @below {{expected 'lse' to have the batch, head and query sizes of the output, but got 'tensor<2x4x9xf32>' for 'tensor<2x4x8x16xf32>'}}
  %r:2 = attn.merge %a, %l with %a, %l : !o, !l
  return
}

// -----

!o = tensor<2x4x8x16xf32>
!l = tensor<2x4x8xbf16>
func.func @lse_type(%a: !o, %l: !l) {
  // expected-error @below {{expected 'lse' to be an f32 [batch, head, query] tensor, but got 'tensor<2x4x8xbf16>'}}
  %r:2 = attn.merge %a, %l with %a, %l : !o, !l
  return
}
