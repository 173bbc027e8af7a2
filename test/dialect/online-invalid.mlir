// RUN: attn-opt %s --split-input-file --verify-diagnostics

!t = tensor<4x16x64xf32>
func.func @rank(%q: !t, %c: f32, %n: index) {
  // expected-error @below {{expected [batch, head, sequence, dim] tensors of rank 4, but got 'tensor<4x16x64xf32>'}}
  %p = attn.online_attention %q, %q, %q exponent(%c) offset(%n : index) segments = #attn.segments<row_stride = 1, []> numbers(%n, %n)
    : !t, !t, !t -> !attn.partial<#attn.softmax, 2x4x16x64>
  return
}

// -----

!t = tensor<2x4x16x64xf32>
func.func @symbols_of_segments(%q: !t, %c: f32, %n: index) {
  // Tq, Tk and the residue of the query view.
  // expected-error @below {{expected segments over 3 symbols, but got affine_map<(d0, d1, d2)[s0, s1, s2, s3] -> ()>}}
  %p = attn.online_attention %q, %q, %q exponent(%c) offset(%n : index)
    segments = #attn.segments<row_stride = 1, [<lower = (d0, d1, d2)[s0, s1, s2, s3] -> (), upper = (d0, d1, d2)[s0, s1, s2, s3] -> ()>]>
    numbers(%n, %n) : !t, !t, !t -> !attn.partial<#attn.softmax, 2x4x16x64>
  return
}

// -----

!a = !attn.partial<#attn.softmax, 2x4x16x64>
!b = !attn.partial<#attn.softmax, 2x4x16x32>
func.func @unlike_partials(%a: !a, %b: !b, %c: f32) {
  // expected-note @above {{prior use here}}
  // expected-error @below {{use of value '%b' expects different type than prior uses}}
  %m = attn.merge_partials %a, %b exponent(%c) : !a
  return
}
