// RUN: attn-opt %s --split-input-file --verify-diagnostics

// expected-error @below {{expected chunk size to be a positive constant, but got 0}}
module attributes {attn.example = #attn.chunked<0>} {}

// -----

// expected-error @below {{expected chunk size to be a positive constant, but got -8}}
module attributes {attn.example = #attn.chunked<-8>} {}
