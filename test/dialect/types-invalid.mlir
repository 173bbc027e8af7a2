// RUN: attn-opt %s --split-input-file --verify-diagnostics

// expected-error @below {{expected a positive size of dimension 'j', but got 0}}
module attributes {attn.example = !attn.tile<[i: 32, j: 0] x f32>} {}

// -----

// expected-error @below {{expected different names, but got 'i' twice}}
module attributes {attn.example = !attn.tile<[i: 32, i: 8] x f32>} {}

// -----

// expected-error @below {{expected a size for each named dimension, but got 0 names and 0 sizes}}
module attributes {attn.example = !attn.tile<[] x f32>} {}
