// RUN: attn-opt %s --split-input-file --verify-diagnostics

!v = !attn.view<[i, d: 64] x f32>
!s = !attn.state<#attn.softmax, 96 x 64>
!p = !attn.state<#attn.softmax, 36 x 64>
func.func @panels_divide_the_tile(%v: !v, %I: index, %s: !s) {
  // expected-error @below {{expected the panel's rows to divide the tile's, but got 36 and 96}}
  %r = attn.for_panels %p of %v[%I] state(%t = %s) : !v, !s -> !p {
    attn.yield %t : !p
  }
  return
}

// -----

!v = !attn.view<[i, d: 64] x f32>
!s = !attn.state<#attn.softmax, 96 x 64>
!p = !attn.state<#attn.softmax, 32 x 64>
func.func @yields_the_whole_tile(%v: !v, %I: index, %s: !s) {
  // expected-error @below {{expected the body to yield its panel's state}}
  %r = attn.for_panels %p of %v[%I] state(%t = %s) : !v, !s -> !p {
    attn.yield %s : !s
  }
  return
}

// -----

!v = !attn.view<[i, d: 64] x f32>
!s = !attn.state<#attn.softmax, 96 x 64>
func.func @body_arguments(%v: !v, %I: index, %s: !s) {
  // expected-error @below {{expected a body over (panel: index, state)}}
  %r = "attn.for_panels"(%v, %I, %s) ({
    ^bb0(%p: index):
      attn.yield %s : !s
  }) : (!v, index, !s) -> !s
  return
}
