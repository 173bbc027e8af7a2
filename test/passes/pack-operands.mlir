// RUN: attn-opt %s --pass-pipeline='builtin.module(func.func(attn-pack-operands))' | FileCheck %s

!qv = !attn.view<[i, d: 64] x f32>
!kv = !attn.view<[j, d: 64] x f32>
!q = !attn.tile<[i: 96, d: 64] x f32>
!p = !attn.tile<[i: 24, d: 64] x f32>
!k = !attn.tile<[j: 96, d: 64] x f32>
!s = !attn.tile<[i: 24, j: 96] x f32>
!state = !attn.state<#attn.softmax, 96 x 64>
!panel = !attn.state<#attn.softmax, 24 x 64>

// What every panel reads is packed once; what one panel loads for itself is not.
// CHECK-LABEL: @panels
func.func @panels(%qv: !qv, %kv: !kv, %I: index, %J: index, %s0: !state) -> !state {
  // CHECK: %[[Q:.*]] = attn.pack %{{.*}}[%{{.*}}] : <[i, d: 64] x f32> -> <[i: 96, d: 64] x f32>
  // CHECK: %[[K:.*]] = attn.pack %{{.*}}[%{{.*}}] : <[j, d: 64] x f32> -> <[j: 96, d: 64] x f32>
  %Q = attn.load %qv[%I] : !qv -> !q
  %K = attn.load %kv[%J] : !kv -> !k
  // CHECK: attn.for_panels
  %s1 = attn.for_panels %p of %qv[%I] state(%s = %s0) : !qv, !state -> !panel {
    // CHECK: %[[P:.*]] = attn.panel %[[Q]]
    // CHECK: %[[OWN:.*]] = attn.load
    // CHECK: attn.contract %[[P]], %[[K]]
    // CHECK: attn.contract %[[P]], %[[OWN]]
    %Qp = attn.panel %Q[%p] : !q -> !p
    %own = attn.load %kv[%p] : !kv -> !k
    %S = attn.contract %Qp, %K over "d" : !p, !k -> !s
    %T = attn.contract %Qp, %own over "d" : !p, !k -> !s
    attn.yield %s : !panel
  }
  return %s1 : !state
}

// CHECK-LABEL: @without_panels
func.func @without_panels(%qv: !qv, %I: index) -> !q {
  // CHECK: attn.load
  %Q = attn.load %qv[%I] : !qv -> !q
  return %Q : !q
}
