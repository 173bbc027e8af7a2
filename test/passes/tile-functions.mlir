// RUN: attn-opt %s --split-input-file --pass-pipeline='builtin.module(func.func(attn-materialize-defaults,attn-convert-to-online),attn-tile)' | FileCheck %s

!q = tensor<?x8x?x64xbf16>
!k = tensor<?x2x?x64xbf16>

// Tensors become memrefs whose features lie side by side; the result becomes an argument.
// CHECK-LABEL: func.func @family(
// CHECK-SAME: %[[Q:[a-z0-9]*]]: memref<?x8x?x64xbf16, strided<[?, ?, ?, 1]>>, %[[K:[a-z0-9]*]]: memref<?x2x?x64xbf16, strided<[?, ?, ?, 1]>>,
// CHECK-SAME: %[[O:[a-z0-9]*]]: memref<?x8x?x64xbf16, strided<[?, ?, ?, 1]>>)
func.func @family(%q: !q, %k: !k) -> !q attributes {attn.target = #attn.target<"x86-64-v3">} {
  // The member with large row tiles.
  // CHECK: attn.parallel "rows" (%[[B:.*]], %[[H:.*]], %{{.*}}, %[[I:.*]]) = {{.*}} if %{{.*}} order = longest_first {
  // The query heads of a group share the rows of a tile.
  // CHECK: %[[QV:.*]] = attn.query_view %[[Q]][%[[B]], %[[H]]] group = 4
  // CHECK: %[[QT:.*]] = attn.load %[[QV]][%[[I]]] : {{.*}} -> <[i: [[ROWS:[0-9]+]], d: 64] x bf16>
  // CHECK: %[[S0:.*]] = attn.init
  // CHECK: %[[KV:.*]] = attn.key_view %[[K]][%[[B]], %[[H]]]
  // CHECK: %[[VV:.*]] = attn.key_view %[[K]][%[[B]], %[[H]]]
  // CHECK: %lo, %ulo, %uhi, %hi = attn.bounds {{.*}} rows(%[[QV]][%[[I]]] by [[ROWS]]) keys(%[[KV]] by 96)
  // The guarded tiles before, the tiles without a guard, the guarded tiles behind.
  // CHECK: %[[S1:.*]] = attn.for_keys %{{.*}} = %lo to %ulo state(%{{.*}} = %[[S0]])
  // CHECK: attn.restrict
  // CHECK: %[[S2:.*]] = attn.for_keys %[[J:.*]] = %ulo to %uhi state(%[[T:.*]] = %[[S1]])
  // CHECK-NEXT: %[[KT:.*]] = attn.load %[[KV]][%[[J]]]
  // CHECK-NEXT: %[[S:.*]] = attn.contract %[[QT]], %[[KT]] over "d"
  // CHECK-NEXT: attn.step %[[T]], %[[S]]
  // CHECK-NEXT: %[[VT:.*]] = attn.load %[[VV]][%[[J]]]
  // CHECK-NEXT: %[[PV:.*]] = attn.contract %weights, %[[VT]] over "j"
  // CHECK-NEXT: %[[U:.*]] = attn.accumulate %newState, %rescale, %[[PV]]
  // CHECK-NEXT: attn.yield %[[U]]
  // CHECK: %[[S3:.*]] = attn.for_keys %{{.*}} = %uhi to %hi state(%{{.*}} = %[[S2]])
  // CHECK: attn.restrict
  // CHECK: attn.finalize_rows %[[S3]]
  // CHECK: %[[OV:.*]] = attn.query_view %[[O]]
  // CHECK: attn.store %output, %[[OV]][%[[I]]]
  // CHECK: attn.parallel "small_rows"
  // Few tasks: the keys are cut into chunks, whose results are merged.
  // CHECK: %[[W:.*]] = attn.workspace
  // CHECK: attn.parallel "split_keys"
  // CHECK: attn.bounds {{.*}} chunk(
  // CHECK: attn.store_partial %{{.*}}, %[[W]]
  // CHECK: attn.parallel "split_keys_combine"
  // CHECK: %[[R:.*]] = attn.reduce_partials %[[W]]
  // CHECK: attn.finalize_rows %[[R]]
  %o = attn.attention %q, %k, %k mask = #attn.all_of<[#attn.causal, #attn.window<left = 4095>]> : !q, !k, !k -> !q
  return %o : !q
}

// -----

!t = tensor<?x2x?x64xf32>
// Without a lower bound no tile before the guard-free ones needs a loop.
// CHECK-LABEL: func.func @causal
// CHECK-NOT: = %lo to %ulo
// CHECK: return
func.func @causal(%q: !t) -> !t attributes {attn.target = #attn.target<"x86-64-v3">} {
  %o = attn.attention %q, %q, %q mask = #attn.causal : !t, !t, !t -> !t
  return %o : !t
}

// -----

!t = tensor<?x2x?x64xf32>
!p = !attn.partial<#attn.softmax, ?x2x?x64>
// Where each pair is tested, no tile is free of guards.
// CHECK-LABEL: func.func @predicate
// CHECK-NOT: = %ulo to %uhi
// CHECK: return
func.func @predicate(%q: !t) -> !t attributes {attn.target = #attn.target<"x86-64-v3">} {
  %c = arith.constant 0.18 : f32
  %two = arith.constant 2 : index
  %zero = arith.constant 0 : index
  %n = tensor.dim %q, %two : !t
  %p = attn.online_attention %q, %q, %q exponent(%c) offset(%zero : index)
    segments = #attn.segments<row_stride = 1, [<lower = (d0, d1, d2)[s0, s1, s2] -> (), upper = (d0, d1, d2)[s0, s1, s2] -> (d2 + 1),
                                                predicate = #attn.strided<5>>]>
    numbers(%n, %n) : !t, !t, !t -> !p
  %o = attn.finalize %p exponent(%c) : !p -> !t
  return %o : !t
}

// -----

!t = tensor<?x4x?x64xf32>
!k = tensor<?x2x?x64xf32>
// Heads that see different keys do not share a tile of them.
// CHECK-LABEL: func.func @keys_depend_on_the_head
// CHECK: attn.query_view {{.*}} group = 1
// CHECK-NOT: group = 2
func.func @keys_depend_on_the_head(%q: !t, %k: !k) -> !t attributes {attn.target = #attn.target<"x86-64-v3">} {
  %o = attn.attention %q, %k, %k mask = #attn.set<"(b, h, i, j) : (i - j + h >= 0)"> : !t, !k, !k -> !t
  return %o : !t
}

// -----

!t = tensor<?x2x?x64xf32>
// Rows whose position has one residue are a task; both views have the step.
// CHECK-LABEL: func.func @strided_views
// CHECK: %[[RESIDUES:.*]] = arith.constant 5 : index
// CHECK: attn.parallel "rows" (%{{.*}}, %{{.*}}, %[[R:.*]], %{{.*}}) = (%{{.*}}, %{{.*}}, %[[RESIDUES]], %{{.*}})
// CHECK: attn.query_view {{.*}} step = 5 {{.*}} residue(%[[R]])
// CHECK: attn.key_view {{.*}} step = 5 phase(%[[R]])
func.func @strided_views(%q: !t) -> !t attributes {attn.target = #attn.target<"x86-64-v3">} {
  %o = attn.attention %q, %q, %q mask = #attn.strided<5> : !t, !t, !t -> !t
  return %o : !t
}

// -----

!t = tensor<?x2x?x64xf32>
// Keys beyond a length are no part of the view.
// CHECK-LABEL: func.func @lengths_end_the_view
// CHECK: %[[N:.*]] = memref.load %{{.*}}[%{{.*}}] : memref<?xi32
// CHECK: %[[INDEX:.*]] = arith.index_cast %[[N]]
// CHECK: %[[MIN:.*]] = arith.minsi %{{.*}}, %[[INDEX]]
// CHECK: %[[LIMIT:.*]] = arith.maxsi %[[MIN]]
// CHECK: %[[COUNT:.*]] = arith.maxsi %[[LIMIT]]
// CHECK: attn.key_view {{.*}} count(%[[COUNT]])
func.func @lengths_end_the_view(%q: !t, %n: tensor<?xi32>) -> !t attributes {attn.target = #attn.target<"x86-64-v3">} {
  %o = attn.attention %q, %q, %q lengths(%n : tensor<?xi32>) : !t, !t, !t -> !t
  return %o : !t
}

// -----

!t = tensor<?x2x?x64xf32>
!l = tensor<?x2x?xf32>
// Two halves, merged: the intermediate results lie in the workspace.
// CHECK-LABEL: func.func @ring
// CHECK-COUNT-4: attn.workspace({{.*}}) : memref<?x2x?x
// CHECK: attn.parallel "merge"
// CHECK: %[[A:.*]] = attn.load_finished
// CHECK: %[[B:.*]] = attn.load_finished
// CHECK: %[[M:.*]] = attn.merge_states %[[A]], %[[B]]
// CHECK: attn.finalize_rows %[[M]]
func.func @ring(%q: !t, %k1: !t, %k2: !t) -> !t attributes {attn.target = #attn.target<"x86-64-v3">} {
  %a, %la = attn.attention %q, %k1, %k1 : !t, !t, !t -> !t, lse : !l
  %b, %lb = attn.attention %q, %k2, %k2 : !t, !t, !t -> !t, lse : !l
  %o, %l = attn.merge %a, %la with %b, %lb : !t, !l
  return %o : !t
}

// -----

// A function without attention is left alone.
// CHECK-LABEL: func.func private @other(tensor<4xf32>)
func.func private @other(tensor<4xf32>) -> tensor<4xf32>
