// RUN: attn-opt %s --split-input-file --attn-normalize --attn-tile --attn-schedule --attn-outline-stages --cse --attn-lower-warps --cse | FileCheck %s
// RUN: attn-opt %s --split-input-file --attn-normalize --attn-tile --attn-schedule --attn-outline-stages --cse --attn-lower-warps --cse | FileCheck %s --check-prefix=SCORES

// Of slope * (j - i) / scale each row knows the slope before the loop, and the first column's value once in a tile; a score costs one fma, in front of
// its product. Positions have 32 bits, and none is converted for a single score.
!q = tensor<?x16x?x128xbf16>
// CHECK-LABEL: func.func @alibi_stage_0(
// CHECK: memref.load
// CHECK: scf.for
// CHECK-NOT: memref.load
// CHECK-COUNT-4: arith.sitofp %{{.*}} : i32 to f32
// CHECK-NOT: arith.sitofp
// CHECK: scf.yield
func.func @alibi(%q: !q, %k: !q, %v: !q, %slopes: tensor<16xf32>) -> !q attributes {attn.target = #attn.target<"sm_80">} {
  %o = attn.attention %q, %k, %v score {
    ^bb0(%s: f32, %b: index, %h: index, %i: index, %j: index):
      %slope = tensor.extract %slopes[%h] : tensor<16xf32>
      %d = arith.subi %j, %i : index
      %n = arith.index_cast %d : index to i32
      %f = arith.sitofp %n : i32 to f32
      %bias = arith.mulf %slope, %f : f32
      %t = arith.addf %s, %bias : f32
      attn.yield %t : f32
    } : !q, !q, !q -> !q
  return %o : !q
}

// -----

// What depends on the key alone is computed for the 16 columns of a thread, not for each of its 64 scores; a table of unknown length is read in the loop
// only. What decides something is not taken apart: the difference is multiplied for each score.
!q = tensor<?x16x?x128xbf16>
// CHECK-LABEL: func.func @table_stage_0(
// CHECK-NOT: memref.load
// CHECK: scf.for
// CHECK-COUNT-16: memref.load
// CHECK-NOT: memref.load
// CHECK: scf.yield
// SCORES-LABEL: func.func @table_stage_0(
// SCORES: scf.for
// SCORES-COUNT-64: arith.cmpf olt
// SCORES-NOT: arith.cmpf olt
// SCORES: scf.yield
func.func @table(%q: !q, %k: !q, %v: !q, %table: tensor<?xf32>) -> !q attributes {attn.target = #attn.target<"sm_80">} {
  %o = attn.attention %q, %k, %v score {
    ^bb0(%s: f32, %b: index, %h: index, %i: index, %j: index):
      %weight = tensor.extract %table[%j] : tensor<?xf32>
      %d = arith.subi %i, %j : index
      %n = arith.index_cast %d : index to i32
      %f = arith.sitofp %n : i32 to f32
      %c = arith.constant 0.1 : f32
      %x = arith.mulf %f, %c : f32
      %near = arith.cmpf olt, %x, %c : f32
      %bias = arith.select %near, %weight, %x : f32
      %t = arith.addf %s, %bias : f32
      attn.yield %t : f32
    } : !q, !q, !q -> !q
  return %o : !q
}

// -----

// A cap is a polynomial for a row of small scores; where one of the warp's is large, its hyperbolic tangents are computed. Of the two rows of a thread each
// has its own branch.
!q = tensor<?x16x?x64xbf16>
// SCORES-LABEL: func.func @capped_stage_0(
// SCORES: scf.for
// SCORES: arith.cmpf ole, %{{.*}}, %[[LIMIT:.*]] : f32
// SCORES: nvvm.vote.sync all
// SCORES-NEXT: scf.if
// SCORES-NOT: math.tanh
// SCORES-COUNT-3: math.fma
// SCORES: } else {
// SCORES-NOT: math.fma
// SCORES: math.tanh
// SCORES: nvvm.vote.sync all
func.func @capped(%q: !q, %k: !q, %v: !q) -> !q attributes {attn.target = #attn.target<"sm_80">} {
  %o = attn.attention %q, %k, %v score {
    ^bb0(%s: f32, %b: index, %h: index, %i: index, %j: index):
      %cap = arith.constant 3.000000e+01 : f32
      %x = arith.divf %s, %cap : f32
      %y = math.tanh %x : f32
      %t = arith.mulf %cap, %y : f32
      attn.yield %t : f32
    } : !q, !q, !q -> !q
  return %o : !q
}

// -----

// A tangent that is used otherwise too is no cap.
!q = tensor<?x16x?x64xbf16>
// SCORES-LABEL: func.func @not_a_cap_stage_0(
// SCORES-NOT: nvvm.vote.sync all
// SCORES: return
func.func @not_a_cap(%q: !q, %k: !q, %v: !q) -> !q attributes {attn.target = #attn.target<"sm_80">} {
  %o = attn.attention %q, %k, %v score {
    ^bb0(%s: f32, %b: index, %h: index, %i: index, %j: index):
      %c = arith.constant 5.000000e-01 : f32
      %x = arith.mulf %s, %c : f32
      %y = math.tanh %x : f32
      %z = arith.mulf %y, %c : f32
      %t = arith.addf %y, %z : f32
      attn.yield %t : f32
    } : !q, !q, !q -> !q
  return %o : !q
}
