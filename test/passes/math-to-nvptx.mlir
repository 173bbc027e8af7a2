// RUN: attn-opt %s --attn-math-to-nvptx --split-input-file --verify-diagnostics | FileCheck %s

// CHECK-LABEL: @instructions
func.func @instructions(%x: f32) -> (f32, f32, f32, f32, f32, f32) {
  // CHECK: llvm.call_intrinsic "llvm.nvvm.ex2.approx.ftz.f32"(%{{.*}})
  %a = math.exp2 %x : f32
  // CHECK: arith.mulf
  // CHECK: llvm.call_intrinsic "llvm.nvvm.ex2.approx.ftz.f32"(%{{.*}})
  %b = math.exp %x : f32
  // CHECK: llvm.call_intrinsic "llvm.nvvm.lg2.approx.ftz.f"(%{{.*}})
  %c = math.log2 %x : f32
  // CHECK: llvm.call_intrinsic "llvm.nvvm.lg2.approx.ftz.f"(%{{.*}})
  // CHECK: arith.mulf
  %d = math.log %x : f32
  // CHECK: llvm.call_intrinsic "llvm.nvvm.ex2.approx.ftz.f32"(%{{.*}})
  // CHECK: llvm.call_intrinsic "llvm.nvvm.rcp.approx.ftz.f"(%{{.*}})
  // CHECK: arith.subf
  %e = math.tanh %x : f32
  // CHECK: math.fma
  %f = math.fma %x, %x, %x : f32
  return %a, %b, %c, %d, %e, %f : f32, f32, f32, f32, f32, f32
}

// In a kernel of f32, small arguments have a polynomial.
// CHECK-LABEL: @exact
func.func @exact(%x: f32) -> f32 attributes {attn.exact} {
  // CHECK-COUNT-5: math.fma
  // CHECK: llvm.call_intrinsic "llvm.nvvm.rcp.approx.ftz.f"(%{{.*}})
  // CHECK: arith.select
  %e = math.tanh %x : f32
  return %e : f32
}

// -----

func.func @no_instruction(%x: f32) -> f32 {
  // expected-error @below {{expected one of exp, exp2, log, log2, tanh, fma, absf, sqrt, floor, ceil, trunc, roundeven and copysign on this target}}
  %y = math.erf %x : f32
  return %y : f32
}

// -----

func.func @narrow(%x: f16) -> f16 {
  // expected-error @below {{expected a number of f32, which is what this target computes, but got 'f16'}}
  %y = math.exp2 %x : f16
  return %y : f16
}
