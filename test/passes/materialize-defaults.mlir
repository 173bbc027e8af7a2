// RUN: attn-opt %s --pass-pipeline='builtin.module(func.func(attn-materialize-defaults))' | FileCheck %s

!q = tensor<?x8x?x64xf32>
!k = tensor<?x2x?x64xf32>
!l = tensor<?x8x?xf32>

// CHECK-LABEL: @last_query_sits_on_last_key
// CHECK-SAME: (%[[Q:.*]]: tensor<?x8x?x64xf32>, %[[K:.*]]: tensor<?x2x?x64xf32>)
func.func @last_query_sits_on_last_key(%q: !q, %k: !k) -> !q {
  // CHECK-DAG: %[[TQ:.*]] = tensor.dim %[[Q]]
  // CHECK-DAG: %[[TK:.*]] = tensor.dim %[[K]]
  // CHECK: %[[OFFSET:.*]] = arith.subi %[[TK]], %[[TQ]] : index
  // CHECK: attn.attention {{.*}} offset(%[[OFFSET]] : index) normalizer = #attn.softmax
  %o = attn.attention %q, %k, %k : !q, !k, !k -> !q
  return %o : !q
}

// CHECK-LABEL: @what_is_given_stays
// CHECK-SAME: %[[P:[a-z0-9]*]]: index)
func.func @what_is_given_stays(%q: !q, %k: !k, %p: index) -> !q {
  // CHECK-NOT: arith.subi
  // CHECK: attn.attention {{.*}} scale = 5.000000e-01 offset(%[[P]] : index) normalizer = #attn.softmax
  %o = attn.attention %q, %k, %k scale = 0.5 offset(%p : index) : !q, !k, !k -> !q
  return %o : !q
}

// CHECK-LABEL: @merge
func.func @merge(%a: !q, %la: !l, %b: !q, %lb: !l) -> !q {
  // CHECK: attn.merge {{.*}} {normalizer = #attn.softmax}
  %o, %l = attn.merge %a, %la with %b, %lb : !q, !l
  return %o : !q
}
