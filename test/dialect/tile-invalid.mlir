// RUN: attn-opt %s --split-input-file --verify-diagnostics

func.func @workspace_sizes(%n: index) {
  // expected-error @below {{expected a size for each dynamic dimension, but got 2 sizes for 'memref<?x64xf32>'}}
  %w = attn.workspace(%n, %n) : memref<?x64xf32>
  return
}

// -----

func.func @workspace_layout(%n: index) {
  // expected-error @below {{expected an identity layout, but got 'memref<?x64xf32, strided<[128, 1]>>'}}
  %w = attn.workspace(%n) : memref<?x64xf32, strided<[128, 1]>>
  return
}

// -----

func.func @an_index_for_each_count(%n: index) {
  // expected-error @below {{expected an index for each count, but got 1 and 2}}
  attn.parallel "rows" (%b) = (%n, %n) {
  }
  return
}

// -----

func.func @order(%n: index) {
  // expected-error @below {{expected order 'any' or 'longest_first', but got 'shortest_first'}}
  attn.parallel "rows" (%b) = (%n) order = shortest_first {
  }
  return
}

// -----

!s = !attn.state<#attn.softmax, 32 x 64>
func.func @key_loop_without_state(%lo: index, %hi: index, %s: !s) {
  // expected-error @below {{expected the body to yield its state}}
  %r = attn.for_keys %J = %lo to %hi state(%t = %s) : !s {
    attn.yield
  }
  return
}

// -----

!s = !attn.state<#attn.softmax, 32 x 64>
func.func @key_loop_arguments(%lo: index, %hi: index, %s: !s) {
  // expected-error @below {{expected a body over (key tile: index, state: '!attn.state<#attn.softmax, 32 x 64>')}}
  %r = "attn.for_keys"(%lo, %hi, %s) ({
    ^bb0(%t: !s):
      attn.yield %t : !s
  }) : (index, index, !s) -> !s
  return
}

// -----

func.func @load_row_name(%v: !attn.view<[j, d: 64] x f32>, %J: index) {
  // expected-error @below {{expected a tile over 'j' of 'f32', but got '!attn.tile<[i: 96, d: 64] x f32>'}}
  %t = attn.load %v[%J] : !attn.view<[j, d: 64] x f32> -> !attn.tile<[i: 96, d: 64] x f32>
  return
}

// -----

func.func @load_element_type(%v: !attn.view<[j, d: 64] x f32>, %J: index) {
  // expected-error @below {{expected a tile over 'j' of 'f32', but got '!attn.tile<[j: 96, d: 64] x bf16>'}}
  %t = attn.load %v[%J] : !attn.view<[j, d: 64] x f32> -> !attn.tile<[j: 96, d: 64] x bf16>
  return
}

// -----

func.func @load_features(%v: !attn.view<[j, d: 64] x f32>, %J: index) {
  // expected-error @below {{expected the tile to hold all 64 features, but got '!attn.tile<[j: 96, d: 32] x f32>'}}
  %t = attn.load %v[%J] : !attn.view<[j, d: 64] x f32> -> !attn.tile<[j: 96, d: 32] x f32>
  return
}

// -----

!q = !attn.tile<[i: 32, d: 64] x f32>
!k = !attn.tile<[j: 96, d: 32] x f32>
!s = !attn.tile<[i: 32, j: 96] x f32>
func.func @contract_sizes(%q: !q, %k: !k) {
  // expected-error @below {{expected both tiles to have dimension 'd' with one size, but got '!attn.tile<[i: 32, d: 64] x f32>' and '!attn.tile<[j: 96, d: 32] x f32>'}}
  %s = attn.contract %q, %k over "d" : !q, !k -> !s
  return
}

// -----

!q = !attn.tile<[i: 32, d: 64] x f32>
!k = !attn.tile<[j: 96, d: 64] x f32>
!s = !attn.tile<[i: 32, j: 96] x f32>
func.func @contract_starts_elsewhere(%q: !q, %k: !k) {
  // expected-error @below {{expected the sum to start from a tile of its own type '!attn.tile<[i: 32, j: 96] x f32>', but got '!attn.tile<[i: 32, d: 64] x f32>'}}
  %s = attn.contract %q, %k over "d" init(%q : !q) : !q, !k -> !s
  return
}

// -----

!q = !attn.tile<[i: 32, d: 64] x f32>
!k = !attn.tile<[j: 96, d: 64] x f32>
!s = !attn.tile<[i: 32, d: 64] x f32>
func.func @contract_keeps_nothing(%q: !q, %k: !k) {
  // expected-error @below {{expected the sum over 'd' to remove it, but got '!attn.tile<[i: 32, d: 64] x f32>'}}
  %s = attn.contract %q, %k over "d" : !q, !k -> !s
  return
}

// -----

!s = !attn.state<#attn.softmax, 64 x 64>
!t = !attn.tile<[i: 32, j: 96] x f32>
func.func @step_rows(%s: !s, %t: !t, %c: f32) {
  // expected-error @below {{expected a row of scores for each row of the state, but got '!attn.tile<[i: 32, j: 96] x f32>' for '!attn.state<#attn.softmax, 64 x 64>'}}
  %u:3 = attn.step %s, %t exponent(%c) : !s, !t -> !t, !attn.tile<[i: 32] x f32>
  return
}
