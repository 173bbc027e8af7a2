// RUN: attn-opt %s --split-input-file --verify-diagnostics

// expected-error @below {{expected step to be a positive constant, but got 0}}
module attributes {attn.example = #attn.dilated<0, 4>} {}

// -----

// expected-error @below {{expected window to be at least 0, but got -4}}
module attributes {attn.example = #attn.dilated<2, -4>} {}
