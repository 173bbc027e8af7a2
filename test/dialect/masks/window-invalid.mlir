// RUN: attn-opt %s --split-input-file --verify-diagnostics

// expected-error @below {{expected 'left = N' or 'right = N'}}
module attributes {attn.example = #attn.window<>} {}

// -----

// expected-error @below {{expected left to be at least 0, but got -1}}
module attributes {attn.example = #attn.window<left = -1>} {}

// -----

// expected-error @below {{expected right to be at least 0, but got -7}}
module attributes {attn.example = #attn.window<right = -7>} {}

// -----

// expected-error @below {{expected each side of a window once, but got 'left' twice}}
module attributes {attn.example = #attn.window<left = 1, left = 2>} {}

// -----

// expected-error @below {{expected an integer or the name of a run-time number}}
module attributes {attn.example = #attn.window<left = #attn.causal>} {}
