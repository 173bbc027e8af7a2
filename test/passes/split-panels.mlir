// RUN: attn-opt %s --pass-pipeline='builtin.module(func.func(attn-split-panels))' | FileCheck %s

!qv = !attn.view<[i, d: 64] x f32>
!kv = !attn.view<[j, d: 64] x f32>
!vv = !attn.view<[j, e: 64] x f32>
!q = !attn.tile<[i: 96, d: 64] x f32>
!k = !attn.tile<[j: 96, d: 64] x f32>
!v = !attn.tile<[j: 96, e: 64] x f32>
!s = !attn.tile<[i: 96, j: 96] x f32>
!o = !attn.tile<[i: 96, e: 64] x f32>
!r = !attn.tile<[i: 96] x f32>
!state = !attn.state<#attn.softmax, 96 x 64>

// The panel loop is inside the key loop: each key and value tile is loaded once for all panels.
// CHECK-LABEL: @guarded
// CHECK-SAME: (%[[QV:[a-z0-9]*]]: {{[^%]*}}, %[[KV:[a-z0-9]*]]: {{[^%]*}}, %[[VV:[a-z0-9]*]]: {{[^%]*}}, %[[I:[a-z0-9]*]]: index
func.func @guarded(%qv: !qv, %kv: !kv, %vv: !vv, %I: index, %b: index, %h: index, %n: index, %c: f32, %s0: !state) -> !state
    attributes {attn.target = #attn.target<"x86-64-v3">} {
  // CHECK: %[[Q:.*]] = attn.load %[[QV]][%[[I]]]
  %Q = attn.load %qv[%I] : !qv -> !q
  // CHECK: attn.for_keys %[[J:.*]] = {{.*}} state(%[[S:.*]] = %{{.*}}) : !attn.state<#attn.softmax, 96 x 64> {
  %s1 = attn.for_keys %J = %b to %n state(%s = %s0) : !state {
    // CHECK-NEXT: %[[K:.*]] = attn.load %[[KV]][%[[J]]]
    // CHECK-NEXT: %[[V:.*]] = attn.load %[[VV]][%[[J]]]
    // CHECK-NEXT: %[[R:.*]] = attn.for_panels %[[P:.*]] of %[[QV]][%[[I]]] state(%[[T:.*]] = %[[S]]) : {{.*}} -> !attn.state<#attn.softmax, 24 x 64> {
    // CHECK-NEXT: %[[QP:.*]] = attn.panel %[[Q]][%[[P]]] : {{.*}} -> <[i: 24, d: 64] x f32>
    // CHECK-NEXT: %[[SC:.*]] = attn.contract %[[QP]], %[[K]] over "d" : {{.*}} -> <[i: 24, j: 96] x f32>
    // The segment is asked again for the panel's rows.
    // CHECK-NEXT: %[[G:.*]] = attn.restrict %[[SC]] {{.*}} rows(%[[QV]][%[[P]]]) keys(%[[KV]][%[[J]]])
    // CHECK-NEXT: attn.step %[[T]], %[[G]]
    // CHECK-NEXT: attn.contract %weights, %[[V]]
    // CHECK-NEXT: attn.accumulate
    // CHECK-NEXT: attn.yield %{{.*}} : !attn.state<#attn.softmax, 24 x 64>
    // CHECK: attn.yield %[[R]] : !attn.state<#attn.softmax, 96 x 64>
    %K = attn.load %kv[%J] : !kv -> !k
    %S = attn.contract %Q, %K over "d" : !q, !k -> !s
    %T = attn.restrict %S to #attn.segment<lower = (d0, d1, d2)[s0, s1, s2] -> (), upper = (d0, d1, d2)[s0, s1, s2] -> (d2 + 1)>
      numbers(%n, %n, %b) at(%b, %h) rows(%qv[%I]) keys(%kv[%J]) : !s, !qv, !kv -> !s
    %t, %P, %alpha = attn.step %s, %T exponent(%c) : !state, !s -> !s, !r
    %V = attn.load %vv[%J] : !vv -> !v
    %PV = attn.contract %P, %V over "j" : !s, !v -> !o
    %u = attn.accumulate %t, %alpha, %PV : !state, !r, !o
    attn.yield %u : !state
  }
  return %s1 : !state
}

// Fewer rows than a panel stay as they are.
!q4 = !attn.tile<[i: 4, d: 64] x f32>
!s4 = !attn.tile<[i: 4, j: 96] x f32>
!o4 = !attn.tile<[i: 4, e: 64] x f32>
!r4 = !attn.tile<[i: 4] x f32>
!state4 = !attn.state<#attn.softmax, 4 x 64>
// CHECK-LABEL: @few_rows
// CHECK-NOT: attn.for_panels
func.func @few_rows(%qv: !qv, %kv: !kv, %vv: !vv, %I: index, %lo: index, %hi: index, %c: f32, %s0: !state4) -> !state4
    attributes {attn.target = #attn.target<"x86-64-v3">} {
  %Q = attn.load %qv[%I] : !qv -> !q4
  %s1 = attn.for_keys %J = %lo to %hi state(%s = %s0) : !state4 {
    %K = attn.load %kv[%J] : !kv -> !k
    %S = attn.contract %Q, %K over "d" : !q4, !k -> !s4
    %t, %P, %alpha = attn.step %s, %S exponent(%c) : !state4, !s4 -> !s4, !r4
    %V = attn.load %vv[%J] : !vv -> !v
    %PV = attn.contract %P, %V over "j" : !s4, !v -> !o4
    %u = attn.accumulate %t, %alpha, %PV : !state4, !r4, !o4
    attn.yield %u : !state4
  }
  return %s1 : !state4
}
