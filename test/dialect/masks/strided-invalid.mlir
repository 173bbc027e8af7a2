// RUN: attn-opt %s --split-input-file --verify-diagnostics

// expected-error @below {{expected step to be a positive constant, but got 0}}
module attributes {attn.example = #attn.strided<0>} {}

// -----

// expected-error @below {{expected step to be a positive constant, but got -3}}
module attributes {attn.example = #attn.strided<-3>} {}
