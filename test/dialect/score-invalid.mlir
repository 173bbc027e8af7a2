// RUN: attn-opt %s --split-input-file --verify-diagnostics

!t = tensor<2x4x8x16xf32>
func.func @memory_in_the_region(%q: !t, %m: memref<4xf32>) -> !t {
  %o = attn.attention %q, %q, %q score {
    ^bb0(%s: f32, %b: index, %h: index, %i: index, %j: index):
      // expected-error @below {{expected only arith, math and tensor.extract operations in a score region}}
      %x = memref.load %m[%h] : memref<4xf32>
      attn.yield %x : f32
  } : !t, !t, !t -> !t
  return %o : !t
}

// -----

!t = tensor<2x4x8x16xf32>
func.func @vectors(%q: !t, %v: vector<4xf32>) -> !t {
  %o = attn.attention %q, %q, %q score {
    ^bb0(%s: f32, %b: index, %h: index, %i: index, %j: index):
      // expected-error @below {{expected scalar arithmetic in a score region, but got 'vector<4xf32>'}}
      %x = arith.addf %v, %v : vector<4xf32>
      attn.yield %s : f32
  } : !t, !t, !t -> !t
  return %o : !t
}

// -----

!t = tensor<2x4x8x16xf32>
func.func @arguments(%q: !t) -> !t {
  // expected-error @below {{expected 'score' to take (score: f32, batch: index, head: index, query: index, key: index), but got ('f32', 'index')}}
  %o = attn.attention %q, %q, %q score {
    ^bb0(%s: f32, %h: index):
      attn.yield %s : f32
  } : !t, !t, !t -> !t
  return %o : !t
}

// -----

!t = tensor<2x4x8x16xf32>
func.func @blocks(%q: !t) -> !t {
  // expected-error @below {{expected 'score' to be one block}}
  %o = attn.attention %q, %q, %q score {
    ^bb0(%s: f32, %b: index, %h: index, %i: index, %j: index):
      cf.br ^bb1
    ^bb1:
      attn.yield %s : f32
  } : !t, !t, !t -> !t
  return %o : !t
}

// -----

!t = tensor<2x4x8x16xf32>
func.func @no_yield(%q: !t) -> !t {
  // expected-error @below {{expected 'score' to end with attn.yield}}
  %o = attn.attention %q, %q, %q score {
    ^bb0(%s: f32, %b: index, %h: index, %i: index, %j: index):
      llvm.unreachable
  } : !t, !t, !t -> !t
  return %o : !t
}

// -----

!t = tensor<2x4x8x16xf32>
func.func @yields_an_index(%q: !t) -> !t {
  %o = attn.attention %q, %q, %q score {
    ^bb0(%s: f32, %b: index, %h: index, %i: index, %j: index):
      // expected-error @below {{expected the score region to yield one f32, but got ('index')}}
      attn.yield %i : index
  } : !t, !t, !t -> !t
  return %o : !t
}

// -----

!t = tensor<2x4x8x16xf32>
func.func @yields_nothing(%q: !t) -> !t {
  %o = attn.attention %q, %q, %q score {
    ^bb0(%s: f32, %b: index, %h: index, %i: index, %j: index):
      // expected-error @below {{expected the score region to yield one f32, but got ()}}
      attn.yield
  } : !t, !t, !t -> !t
  return %o : !t
}
