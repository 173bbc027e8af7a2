// RUN: attn-opt %s --attn-expand-math --split-input-file --verify-diagnostics

func.func @double_precision(%x: f64) -> f64 {
  // expected-error @below {{expected f32, bf16 or f16 operands, but got 'f64'}}
  %a = math.exp2 %x : f64
  return %a : f64
}

// -----

func.func @no_expansion(%x: f32, %y: f32) -> f32 {
  // expected-error @below {{expected an operation that CPU kernels can compute without a library, but got 'arith.remf'}}
  %a = arith.remf %x, %y : f32
  return %a : f32
}
