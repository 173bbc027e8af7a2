// RUN: attn-opt %s | FileCheck %s
// RUN: attn-opt %s | attn-opt | FileCheck %s
// RUN: attn-opt %s --mlir-print-op-generic | attn-opt | FileCheck %s

// What the examples in the ODS descriptions do not say: every clause, and that they may come in any order.

!q = tensor<?x8x?x64xbf16>
!k = tensor<?x2x?x64xbf16>
!v = tensor<?x2x?x32xbf16>
!o = tensor<?x8x?x32xf32>
!l = tensor<?x8x?xf32>
!f = tensor<?x8x?x64xf32>

// CHECK-LABEL: @every_clause
func.func @every_clause(%q: !q, %k: !k, %v: !v, %s: f32, %n: tensor<?xi32>, %w: index) -> (!o, !l, !l) {
  // CHECK: attn.attention %{{.*}}, %{{.*}}, %{{.*}} mask = #attn.window<left = W> scale(%{{[a-z0-9]*}}) lengths(%{{[a-z0-9]*}} : tensor<?xi32>)
  // CHECK-SAME: offset(%{{[a-z0-9]*}} : tensor<?xi32>) symbols(W = %{{[a-z0-9]*}}) normalizer = #attn.softmax score {
  // CHECK: } : {{.*}} -> tensor<?x8x?x32xf32>, lse : tensor<?x8x?xf32>, row_max : tensor<?x8x?xf32>
  %o, %l, %m = attn.attention %q, %k, %v
    normalizer = #attn.softmax symbols(W = %w : index) offset(%n : tensor<?xi32>) lengths(%n : tensor<?xi32>) scale(%s)
    mask = #attn.window<left = W>
    score {
      ^bb0(%x: f32, %b: index, %h: index, %i: index, %j: index):
        attn.yield %x : f32
    } : !q, !k, !v -> !o, row_max : !l, lse : !l
  return %o, %l, %m : !o, !l, !l
}

// CHECK-LABEL: @row_max_alone
func.func @row_max_alone(%q: !q, %k: !k, %v: !v) -> !l {
  // CHECK: attn.attention %{{[^ ]*}}, %{{[^ ]*}}, %{{[^ ]*}} : {{.*}} -> tensor<?x8x?x32xf32>, row_max : tensor<?x8x?xf32>
  %o, %m = attn.attention %q, %k, %v : !q, !k, !v -> !o, row_max : !l
  return %m : !l
}

// CHECK-LABEL: @constant_scale_and_offset
func.func @constant_scale_and_offset(%q: !q, %k: !k, %v: !v, %p: index) -> !o {
  // CHECK: scale = 1.250000e-01 offset(%{{.*}} : index) :
  %o = attn.attention %q, %k, %v scale = 0.125 offset(%p : index) : !q, !k, !v -> !o
  return %o : !o
}

// CHECK-LABEL: @precision
func.func @precision(%q: !f) -> !f {
  // CHECK: attn.attention %{{.*}}, %{{.*}}, %{{.*}} normalizer = #attn.softmax precision = tf32 :
  %o = attn.attention %q, %q, %q precision = tf32 normalizer = #attn.softmax : !f, !f, !f -> !f
  return %o : !f
}

// CHECK-LABEL: @attributes
func.func @attributes(%q: !q, %k: !k, %v: !v) -> !o {
  // CHECK: mask = #attn.causal {attn.note = "kept"} :
  %o = "attn.attention"(%q, %k, %v) <{mask = #attn.causal, operandSegmentSizes = array<i32: 1, 1, 1, 0, 0, 0, 0>,
    resultSegmentSizes = array<i32: 1, 0, 0>}> ({}) {attn.note = "kept"} : (!q, !k, !v) -> !o
  return %o : !o
}

// CHECK-LABEL: @merge_names_its_normalizer
func.func @merge_names_its_normalizer(%a: !o, %la: !l) -> (!o, !l) {
  // CHECK: attn.merge %{{.*}}, %{{.*}} with %{{.*}}, %{{.*}} {normalizer = #attn.softmax} : tensor<?x8x?x32xf32>, tensor<?x8x?xf32>
  %o, %l = attn.merge %a, %la with %a, %la {normalizer = #attn.softmax} : !o, !l
  return %o, %l : !o, !l
}

// CHECK-LABEL: @segment_with_everything
// CHECK-SAME: #attn.segment<stride = 64, phase = (d0, d1, d2)[s0, s1, s2] -> (d1 mod 64), lower = (d0, d1, d2)[s0, s1, s2] -> (d2 - 4, s0),
// CHECK-SAME: upper = (d0, d1, d2)[s0, s1, s2] -> (d2 + 1), when = (d0, d1, d2)[s0, s1, s2] -> (d2 - 7), predicate = #attn.strided<5>>
func.func @segment_with_everything() attributes {attn.example = #attn.segment<stride = 64, phase = (d0, d1, d2)[s0, s1, s2] -> (d1 mod 64),
  lower = (d0, d1, d2)[s0, s1, s2] -> (d2 - 4, s0), upper = (d0, d1, d2)[s0, s1, s2] -> (d2 + 1),
  when = (d0, d1, d2)[s0, s1, s2] -> (d2 - 7), predicate = #attn.strided<5>>} {
  return
}
