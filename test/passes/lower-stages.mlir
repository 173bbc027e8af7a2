// RUN: attn-opt %s --attn-normalize --attn-tile --attn-schedule --attn-outline-stages --attn-lower-stages | FileCheck %s

!t = tensor<?x2x?x64xf32>

// Tiles and states are places in scratch memory, key loops are loops, products are calls of kernels.
// CHECK-NOT: attn.{{load|contract|step|for_keys|for_panels|bounds|parallel}}
// CHECK: func.func @f_stage_{{[0-9]+}}({{.*}}attn.stage = "rows"}
// A key tile is packed once, outside the loop over panels.
// CHECK: scf.for
// CHECK: call @[[PACK:attn_pack_rows_[0-9]+]](
// CHECK: scf.for
// Guard-free tiles run no mask code.
// CHECK-NOT: call @attn_row_intervals
// CHECK: call @[[FREE:attn_panel_[0-9]+]](
// CHECK: call @[[PACK]](
// In the others, the guarded kernel runs where a row's interval cuts the tile.
// CHECK: call @[[INTERVALS:attn_row_intervals_[0-9]+]](
// CHECK: scf.if
// CHECK: call @[[FREE]](
// CHECK: call @[[GUARDED:attn_panel_[0-9]+]](

// The other members share the kernels.
// CHECK: attn.stage = "small_rows"}
// CHECK: call @[[PACK]](
// CHECK: call @[[FREE]](
// CHECK: call @[[GUARDED]](
// CHECK: func.func @f_plan(
func.func @f(%q: !t) -> !t attributes {attn.target = #attn.target<"x86-64-v3">} {
  %o = attn.attention %q, %q, %q mask = #attn.causal : !t, !t, !t -> !t
  return %o : !t
}
