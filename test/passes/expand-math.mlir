// RUN: attn-opt %s --attn-expand-math | FileCheck %s --check-prefixes=CHECK,FMA
// RUN: attn-opt %s --attn-expand-math='fma=false rounding=false f16c=false' | FileCheck %s --check-prefixes=CHECK,BASE

// CHECK-LABEL: @exponentials_are_polynomials
func.func @exponentials_are_polynomials(%x: vector<8xf32>, %y: f32) -> (vector<8xf32>, vector<8xf32>, f32) {
  // FMA: math.fma {{.*}} : vector<8xf32>
  // BASE-NOT: math.fma
  // CHECK-NOT: math.{{exp|tanh}}
  // CHECK: return
  %a = math.exp2 %x : vector<8xf32>
  %b = math.exp %x : vector<8xf32>
  %c = math.tanh %y : f32
  return %a, %b, %c : vector<8xf32>, vector<8xf32>, f32
}

// CHECK-LABEL: @an_approximate_exp2_is_shorter
func.func @an_approximate_exp2_is_shorter(%x: vector<8xf32>) -> vector<8xf32> {
  // FMA-COUNT-3: math.fma
  // FMA-NOT: math.fma
  // CHECK: return
  %a = math.exp2 %x fastmath<afn> : vector<8xf32>
  return %a : vector<8xf32>
}

// CHECK-LABEL: @rounding
func.func @rounding(%x: f32) -> f32 {
  // FMA: math.floor
  // BASE-NOT: math.floor
  // CHECK: return
  %a = math.floor %x : f32
  return %a : f32
}

// CHECK-LABEL: @half_precision_is_computed_in_f32
func.func @half_precision_is_computed_in_f32(%x: bf16) -> bf16 {
  // CHECK: arith.extf %{{.*}} : bf16 to f32
  // CHECK-NOT: math.exp2
  // CHECK: arith.truncf %{{.*}} : f32 to bf16
  %a = math.exp2 %x : bf16
  return %a : bf16
}

// CHECK-LABEL: @conversions_from_f16
func.func @conversions_from_f16(%x: f16) -> f32 {
  // FMA: arith.extf
  // BASE-NOT: arith.extf
  // CHECK: return
  %a = arith.extf %x : f16 to f32
  return %a : f32
}

// CHECK-LABEL: @the_rest_comes_from_upstream
func.func @the_rest_comes_from_upstream(%x: f32, %y: f32) -> (f32, f32, f32) {
  // CHECK-NOT: math.{{log|powf|sin }}
  // CHECK: return
  %a = math.log %x : f32
  %b = math.powf %x, %y : f32
  %c = math.sin %x : f32
  return %a, %b, %c : f32, f32, f32
}

// CHECK-LABEL: @instructions_stay
func.func @instructions_stay(%x: f32) -> f32 {
  // CHECK: math.sqrt
  // CHECK: math.absf
  %a = math.sqrt %x : f32
  %b = math.absf %a : f32
  return %b : f32
}
