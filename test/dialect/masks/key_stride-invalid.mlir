// RUN: attn-opt %s --split-input-file --verify-diagnostics

// expected-error @below {{expected step to be a positive constant, but got 0}}
module attributes {attn.example = #attn.key_stride<0>} {}

// -----

// expected-error @below {{expected an offset from 0 to step - 1 = 63, but got 64}}
module attributes {attn.example = #attn.key_stride<64, 64>} {}

// -----

// expected-error @below {{expected an offset from 0 to step - 1 = 63, but got -1}}
module attributes {attn.example = #attn.key_stride<64, -1>} {}
