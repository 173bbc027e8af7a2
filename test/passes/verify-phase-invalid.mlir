// RUN: split-file %s %t
// RUN: attn-opt %t/spec.mlir --split-input-file --verify-diagnostics --pass-pipeline='builtin.module(func.func(attn-verify-phase{phase=spec}))'
// RUN: attn-opt %t/normalize.mlir --split-input-file --verify-diagnostics --pass-pipeline='builtin.module(func.func(attn-verify-phase{phase=normalize}))'
// RUN: attn-opt %t/tile.mlir --split-input-file --verify-diagnostics --pass-pipeline='builtin.module(func.func(attn-verify-phase{phase=tile}))'
// RUN: attn-opt %t/schedule.mlir --split-input-file --verify-diagnostics --pass-pipeline='builtin.module(func.func(attn-verify-phase{phase=schedule}))'
// RUN: attn-opt %t/target.mlir --split-input-file --verify-diagnostics --pass-pipeline='builtin.module(func.func(attn-verify-phase{phase=target}))'
// RUN: attn-opt %t/unknown.mlir --split-input-file --verify-diagnostics --pass-pipeline='builtin.module(func.func(attn-verify-phase{phase=tiled}))'

//--- spec.mlir

func.func @from_normalize(%o: tensor<2x4x16x64xf32>, %lse: tensor<2x4x16xf32>, %c: f32) {
  // expected-error @below {{'attn.partial_of' op expected no such operation in phase 'spec'}}
  %p = attn.partial_of %o, %lse exponent(%c) : tensor<2x4x16x64xf32>, tensor<2x4x16xf32> -> !attn.partial<#attn.softmax, 2x4x16x64>
  return
}

// -----

func.func @from_tile() {
  // expected-error @below {{'attn.init' op expected no such operation in phase 'spec'}}
  %s = attn.init : !attn.state<#attn.softmax, 32 x 64>
  return
}

//--- normalize.mlir

!t = tensor<2x4x16x64xf32>
func.func @from_spec(%q: !t) -> !t {
  // expected-error @below {{'attn.attention' op expected no such operation in phase 'normalize'}}
  %o = attn.attention %q, %q, %q : !t, !t, !t -> !t
  return %o : !t
}

//--- tile.mlir

func.func @from_normalize(%p: !attn.partial<#attn.softmax, 2x4x16x64>, %c: f32) {
  // expected-error @below {{'attn.merge_partials' op expected no such operation in phase 'tile'}}
  %m = attn.merge_partials %p, %p exponent(%c) : !attn.partial<#attn.softmax, 2x4x16x64>
  return
}

// -----

func.func @from_schedule(%v: !attn.view<[j, d: 64] x f32>, %n: index) {
  // expected-error @below {{'attn.pack' op expected no such operation in phase 'tile'}}
  %t = attn.pack %v[%n] : !attn.view<[j, d: 64] x f32> -> !attn.tile<[j: 96, d: 64] x f32>
  return
}

// -----

func.func @tensors(%q: tensor<2x4x16x64xf32>, %n: index) {
  // expected-error @below {{expected no tensors in phase 'tile'}}
  %d = tensor.dim %q, %n : tensor<2x4x16x64xf32>
  return
}

// -----

// expected-error @below {{expected the attribute 'attn.target' in phase 'tile'}}
func.func @no_target(%n: index) {
  attn.parallel "rows" (%b) = (%n) {
  }
  return
}

// -----

func.func @all_scores(%q: memref<?x8x?x64xf32>, %k: memref<?x8x?x64xf32>) {
  %c2 = arith.constant 2 : index
  %tq = memref.dim %q, %c2 : memref<?x8x?x64xf32>
  %tk = memref.dim %k, %c2 : memref<?x8x?x64xf32>
  // expected-error @below {{expected a buffer that grows with at most one sequence length, but got a product of 2}}
  %w = attn.workspace(%tq, %tk) : memref<?x?xf32>
  return
}

// -----

func.func @all_scores_in_one_dimension(%q: memref<?x8x?x64xf32>, %c: i1) {
  %c0 = arith.constant 0 : index
  %c2 = arith.constant 2 : index
  %c96 = arith.constant 96 : index
  %t = memref.dim %q, %c2 : memref<?x8x?x64xf32>
  %tiles = arith.ceildivsi %t, %c96 : index
  %product = arith.muli %tiles, %t : index
  // A condition that bounds neither factor.
  %size = arith.select %c, %product, %c0 : index
  // expected-error @below {{expected a buffer that grows with at most one sequence length, but got a product of 2}}
  %w = memref.alloc(%size) : memref<?xf32>
  return
}

// -----

func.func @bounded_from_below(%q: memref<?x8x?x64xf32>) {
  %c0 = arith.constant 0 : index
  %c2 = arith.constant 2 : index
  %t = memref.dim %q, %c2 : memref<?x8x?x64xf32>
  %many = arith.cmpi sgt, %t, %c2 : index
  %product = arith.muli %t, %t : index
  %size = arith.select %many, %product, %c0 : index
  // expected-error @below {{expected a buffer that grows with at most one sequence length, but got a product of 2}}
  %w = attn.workspace(%size) : memref<?xf32>
  return
}

//--- schedule.mlir

func.func @more_rows_than_a_panel(%n: index, %q: !attn.tile<[i: 96, d: 64] x f32>, %k: !attn.tile<[j: 96, d: 64] x f32>)
    attributes {attn.target = #attn.target<"x86-64-v3">} {
  // expected-error @below {{expected a product of at most a panel's 24 rows in phase 'schedule', but got 96}}
  %s = attn.contract %q, %k over "d" : !attn.tile<[i: 96, d: 64] x f32>, !attn.tile<[j: 96, d: 64] x f32> -> !attn.tile<[i: 96, j: 96] x f32>
  return
}

// -----

!t = tensor<2x4x16x64xf32>
func.func @from_spec(%q: !t) {
  // expected-error @below {{'attn.attention' op expected no such operation in phase 'schedule'}}
  %o = attn.attention %q, %q, %q : !t, !t, !t -> !t
  return
}

//--- target.mlir

func.func @from_tile() {
  // expected-error @below {{'attn.init' op expected no such operation in phase 'target'}}
  %s = attn.init : !attn.state<#attn.softmax, 32 x 64>
  return
}

//--- unknown.mlir

// expected-error @below {{expected phase spec, normalize, tile, schedule or target, but got 'tiled'}}
func.func @any() {
  return
}
