// RUN: attn-opt %s --attn-normalize --attn-tile --attn-schedule --attn-outline-stages --cse --attn-lower-warps --cse --canonicalize | FileCheck %s

// What a thread knows of its rows is not kept in registers during the loops: behind them it is computed again, from the place in the ring at which they
// ended, a number below 2^31, so that nobody can tell before the loops.
// CHECK-LABEL: func.func @causal_stage_1(
// CHECK: scf.for
// CHECK: %[[LAST:[0-9]+]]:69 = scf.for
// CHECK: %[[ZERO:.*]] = arith.shrui %[[LAST]]#68, %c31_i32 : i32
// CHECK: %[[FIRST:.*]] = arith.addi %{{.*}}, %[[ZERO]] : i32
// CHECK: nvvm.barrier0
// CHECK: arith.addi %[[FIRST]], %{{.*}} : i32
// Where rows lie anywhere, elements are copied one by one, and this is no gain.
// CHECK-LABEL: func.func @causal_stage_1_unaligned(
// CHECK-NOT: arith.shrui %{{[0-9]+}}#{{[0-9]+}}, %c31_i32
// CHECK: func.func @causal_stage_2(
func.func @causal(%q: tensor<?x8x?x128xbf16>, %k: tensor<?x2x?x128xbf16>, %v: tensor<?x2x?x128xbf16>) -> tensor<?x8x?x128xbf16>
    attributes {attn.target = #attn.target<"sm_80">} {
  %o = attn.attention %q, %k, %v mask = #attn.causal
    : tensor<?x8x?x128xbf16>, tensor<?x2x?x128xbf16>, tensor<?x2x?x128xbf16> -> tensor<?x8x?x128xbf16>
  return %o : tensor<?x8x?x128xbf16>
}
