// RUN: attn-opt %s --split-input-file --attn-normalize --attn-tile --attn-schedule | FileCheck %s

// 0.125 * score + f: the product starts from 8 * f, and the exponent is 0.125 * log2(e), in the loops with guards and without and at the end.
!q = tensor<?x16x?x64xbf16>
// CHECK-LABEL: @alibi
// CHECK: %[[C:.*]] = arith.constant 0.180336878 : f32
// CHECK: attn.for_panels %[[P:.*]] of
// CHECK: %[[B:.*]] = attn.bias at(%{{.*}}, %{{.*}}) rows(%{{.*}}[%[[P]]]) keys({{.*}}) : {{.*}} {
// CHECK-NEXT: ^bb0(%{{.*}}: index, %[[H:.*]]: index, %[[I:.*]]: index, %[[J:.*]]: index):
// CHECK: %[[SLOPE:.*]] = memref.load
// CHECK: %[[D:.*]] = arith.subi %[[J]], %[[I]] : index
// CHECK: %[[F:.*]] = arith.mulf %[[SLOPE]], %{{.*}} : f32
// CHECK: %[[INVERSE:.*]] = arith.constant 8.000000e+00 : f32
// CHECK: %[[Y:.*]] = arith.mulf %[[F]], %[[INVERSE]] : f32
// CHECK: attn.yield %[[Y]] : f32
// CHECK: %[[S:.*]] = attn.contract %{{.*}}, %{{.*}} over "d" init(%[[B]] : {{.*}}<[i: 32, j: 128] x f32>)
// CHECK-NOT: attn.map
// CHECK: attn.step %{{.*}}, %[[S]] exponent(%[[C]])
// CHECK: attn.bias
// CHECK-NOT: attn.map
// CHECK: attn.restrict
// CHECK: attn.step %{{.*}} exponent(%[[C]])
// CHECK: attn.finalize_rows %{{.*}} exponent(%[[C]])
func.func @alibi(%q: !q, %k: !q, %v: !q, %slopes: tensor<16xf32>) -> !q attributes {attn.target = #attn.target<"sm_80">} {
  %o = attn.attention %q, %k, %v mask = #attn.causal score {
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

// (score - f) / 4 goes the same way; a factor alone leaves nothing to start from.
!q = tensor<?x16x?x64xbf16>
// CHECK-LABEL: @quotient
// CHECK: %[[C:.*]] = arith.constant 0.0450842194 : f32
// CHECK: attn.bias
// CHECK: %[[F:.*]] = arith.sitofp
// CHECK: %[[N:.*]] = arith.negf %[[F]] : f32
// CHECK: %[[X:.*]] = arith.divf %[[N]], %{{.*}} : f32
// CHECK: %[[INVERSE:.*]] = arith.constant 3.200000e+01 : f32
// CHECK: arith.mulf %[[X]], %[[INVERSE]] : f32
// CHECK: attn.step %{{.*}} exponent(%[[C]])
func.func @quotient(%q: !q, %k: !q, %v: !q) -> !q attributes {attn.target = #attn.target<"sm_80">} {
  %four = arith.constant 4.0 : f32
  %o = attn.attention %q, %k, %v score {
    ^bb0(%s: f32, %b: index, %h: index, %i: index, %j: index):
      %n = arith.index_cast %j : index to i32
      %f = arith.sitofp %n : i32 to f32
      %x = arith.subf %s, %f : f32
      %t = arith.divf %x, %four : f32
      attn.yield %t : f32
    } : !q, !q, !q -> !q
  return %o : !q
}

// CHECK-LABEL: @factor
// CHECK: %[[C:.*]] = arith.constant 0.541010618 : f32
// CHECK-NOT: attn.bias
// CHECK-NOT: attn.map
// CHECK: attn.step %{{.*}} exponent(%[[C]])
func.func @factor(%q: !q, %k: !q, %v: !q) -> !q attributes {attn.target = #attn.target<"sm_80">} {
  %three = arith.constant 3.0 : f32
  %o = attn.attention %q, %k, %v score {
    ^bb0(%s: f32, %b: index, %h: index, %i: index, %j: index):
      %t = arith.mulf %three, %s : f32
      attn.yield %t : f32
    } : !q, !q, !q -> !q
  return %o : !q
}

// -----

// What is not linear stays, and so does a factor that is negative or known only at run time.
!q = tensor<?x16x?x64xbf16>
// CHECK-LABEL: @soft_cap
// CHECK-NOT: attn.bias
// CHECK: attn.map
func.func @soft_cap(%q: !q, %k: !q, %v: !q) -> !q attributes {attn.target = #attn.target<"sm_80">} {
  %o = attn.attention %q, %k, %v score {
    ^bb0(%s: f32, %b: index, %h: index, %i: index, %j: index):
      %t = math.tanh %s : f32
      %y = arith.addf %t, %s : f32
      attn.yield %y : f32
    } : !q, !q, !q -> !q
  return %o : !q
}

// CHECK-LABEL: @negative
// CHECK-NOT: attn.bias
// CHECK: attn.map
func.func @negative(%q: !q, %k: !q, %v: !q) -> !q attributes {attn.target = #attn.target<"sm_80">} {
  %o = attn.attention %q, %k, %v score {
    ^bb0(%s: f32, %b: index, %h: index, %i: index, %j: index):
      %y = arith.negf %s : f32
      attn.yield %y : f32
    } : !q, !q, !q -> !q
  return %o : !q
}

// CHECK-LABEL: @run_time
// CHECK-NOT: attn.bias
// CHECK: attn.map
func.func @run_time(%q: !q, %k: !q, %v: !q, %c: f32) -> !q attributes {attn.target = #attn.target<"sm_80">} {
  %o = attn.attention %q, %k, %v score {
    ^bb0(%s: f32, %b: index, %h: index, %i: index, %j: index):
      %y = arith.mulf %s, %c : f32
      attn.yield %y : f32
    } : !q, !q, !q -> !q
  return %o : !q
}

// Scores cancel: the result is NaN where one is infinite.
// CHECK-LABEL: @nothing_left
// CHECK-NOT: attn.bias
// CHECK: attn.map
func.func @nothing_left(%q: !q, %k: !q, %v: !q) -> !q attributes {attn.target = #attn.target<"sm_80">} {
  %o = attn.attention %q, %k, %v score {
    ^bb0(%s: f32, %b: index, %h: index, %i: index, %j: index):
      %y = arith.subf %s, %s : f32
      attn.yield %y : f32
    } : !q, !q, !q -> !q
  return %o : !q
}

// -----

// A CPU adds after the product.
!q = tensor<?x16x?x64xf32>
// CHECK-LABEL: @cpu
// CHECK-NOT: attn.bias
// CHECK: attn.map
func.func @cpu(%q: !q, %k: !q, %v: !q) -> !q attributes {attn.target = #attn.target<"x86-64-v3">} {
  %one = arith.constant 1.0 : f32
  %o = attn.attention %q, %k, %v score {
    ^bb0(%s: f32, %b: index, %h: index, %i: index, %j: index):
      %y = arith.addf %s, %one : f32
      attn.yield %y : f32
    } : !q, !q, !q -> !q
  return %o : !q
}
