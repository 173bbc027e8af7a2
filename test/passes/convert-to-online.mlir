// RUN: attn-opt %s --pass-pipeline='builtin.module(func.func(attn-materialize-defaults,attn-convert-to-online))' | FileCheck %s

!q = tensor<?x8x?x64xf32>
!k = tensor<?x2x?x64xf32>
!l = tensor<?x8x?xf32>

// 64^-1/2 * log2(e)
// CHECK-LABEL: @scale_is_folded_into_the_exponent
func.func @scale_is_folded_into_the_exponent(%q: !q, %k: !k) -> !q {
  // CHECK: %[[C:.*]] = arith.constant 0.180336878 : f32
  // CHECK: %[[P:.*]] = attn.online_attention {{.*}} exponent(%[[C]])
  // CHECK: attn.finalize %[[P]] exponent(%[[C]])
  %o = attn.attention %q, %k, %k : !q, !k, !k -> !q
  return %o : !q
}

// CHECK-LABEL: @run_time_scale
// CHECK-SAME: %[[S:[a-z0-9]*]]: f32)
func.func @run_time_scale(%q: !q, %k: !k, %s: f32) -> !q {
  // CHECK: %[[LOG2E:.*]] = arith.constant 1.44269502 : f32
  // CHECK: %[[C:.*]] = arith.mulf %[[S]], %[[LOG2E]] : f32
  // CHECK: attn.online_attention {{.*}} exponent(%[[C]])
  %o = attn.attention %q, %k, %k scale(%s) : !q, !k, !k -> !q
  return %o : !q
}

// CHECK-LABEL: @score_arithmetic_sees_a_scaled_score
func.func @score_arithmetic_sees_a_scaled_score(%q: !q, %k: !k) -> !q {
  // CHECK: %[[LOG2E:.*]] = arith.constant 1.44269502 : f32
  // CHECK: %[[SCALE:.*]] = arith.constant 5.000000e-01 : f32
  // CHECK: attn.online_attention {{.*}} exponent(%[[LOG2E]]) {{.*}} score {
  // CHECK-NEXT: ^bb0(%[[RAW:.*]]: f32, %{{.*}}: index, %{{.*}}: index, %{{.*}}: index, %{{.*}}: index):
  // CHECK-NEXT: %[[SCALED:.*]] = arith.mulf %[[RAW]], %[[SCALE]]
  // CHECK-NEXT: math.tanh %[[SCALED]]
  %o = attn.attention %q, %k, %k scale = 0.5 score {
    ^bb0(%x: f32, %b: index, %h: index, %i: index, %j: index):
      %y = math.tanh %x : f32
      attn.yield %y : f32
  } : !q, !k, !k -> !q
  return %o : !q
}

// CHECK-LABEL: @no_mask_is_one_segment_without_bounds
func.func @no_mask_is_one_segment_without_bounds(%q: !q, %k: !k) -> !q {
  // CHECK: segments = <row_stride = 1, [<lower = (d0, d1, d2)[s0, s1, s2] -> (), upper = (d0, d1, d2)[s0, s1, s2] -> ()>]>
  %o = attn.attention %q, %k, %k : !q, !k, !k -> !q
  return %o : !q
}

// CHECK-LABEL: @segments_of_a_union_are_disjoint
// CHECK-SAME: %[[W:[a-z0-9]*]]: index)
func.func @segments_of_a_union_are_disjoint(%q: !q, %k: !k, %w: index) -> !q {
  // CHECK: segments = <row_stride = 1, [
  // CHECK-SAME: <lower = (d0, d1, d2)[s0, s1, s2, s3] -> (d2 - s2), upper = (d0, d1, d2)[s0, s1, s2, s3] -> (d2 + 1)>,
  // CHECK-SAME: <lower = (d0, d1, d2)[s0, s1, s2, s3] -> (), upper = (d0, d1, d2)[s0, s1, s2, s3] -> (d2 + 1, 4, d2 - s2)>]>
  // CHECK-SAME: numbers(%{{[a-z0-9_]*}}, %{{[a-z0-9_]*}}, %[[W]])
  %o = attn.attention %q, %k, %k mask = #attn.all_of<[#attn.causal, #attn.any_of<[#attn.window<left = W>, #attn.sinks<4>]>]>
    symbols(W = %w) : !q, !k, !k -> !q
  return %o : !q
}

// CHECK-LABEL: @key_residues_are_a_view_of_the_keys
func.func @key_residues_are_a_view_of_the_keys(%q: !q, %k: !k) -> !q {
  // CHECK: segments = <row_stride = 1, [<stride = 64, phase = (d0, d1, d2)[s0, s1, s2] -> (63),
  %o = attn.attention %q, %k, %k mask = #attn.key_stride<64, 63> : !q, !k, !k -> !q
  return %o : !q
}

// CHECK-LABEL: @distances_are_a_view_of_both
func.func @distances_are_a_view_of_both(%q: !q, %k: !k) -> !q {
  // CHECK: segments = <row_stride = 4, [<stride = 4, phase = (d0, d1, d2)[s0, s1, s2] -> (s2),
  // CHECK-SAME: -> (d2 - 127), upper = {{.*}} -> (d2 + 1)>]>
  %o = attn.attention %q, %k, %k mask = #attn.dilated<4, 128> : !q, !k, !k -> !q
  return %o : !q
}

// CHECK-LABEL: @empty_mask_has_no_segments
func.func @empty_mask_has_no_segments(%q: !q, %k: !k) -> !q {
  // CHECK: segments = <row_stride = 1, []>
  %o = attn.attention %q, %k, %k mask = #attn.all_of<[#attn.causal, #attn.not<#attn.causal>]> : !q, !k, !k -> !q
  return %o : !q
}

// CHECK-LABEL: @results_on_request
func.func @results_on_request(%q: !q, %k: !k) -> (!q, !l, !l) {
  // CHECK: attn.finalize {{.*}} -> tensor<?x8x?x64xf32>, lse : tensor<?x8x?xf32>, row_max : tensor<?x8x?xf32>
  %o, %l, %m = attn.attention %q, %k, %k : !q, !k, !k -> !q, lse : !l, row_max : !l
  return %o, %l, %m : !q, !l, !l
}

// CHECK-LABEL: @merge
func.func @merge(%a: !q, %la: !l, %b: !q, %lb: !l) -> (!q, !l) {
  // CHECK: %[[A:.*]] = attn.partial_of %arg0, %arg1
  // CHECK: %[[B:.*]] = attn.partial_of %arg2, %arg3
  // CHECK: %[[M:.*]] = attn.merge_partials %[[A]], %[[B]]
  // CHECK: attn.finalize %[[M]] {{.*}}, lse : tensor<?x8x?xf32>
  %o, %l = attn.merge %a, %la with %b, %lb : !q, !l
  return %o, %l : !q, !l
}
