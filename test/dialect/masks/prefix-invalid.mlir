// RUN: attn-opt %s --split-input-file --verify-diagnostics

// expected-error @below {{expected prefix length to be at least 0, but got -1}}
module attributes {attn.example = #attn.prefix<-1>} {}

// -----

// expected-error @below {{expected an integer or the name of a run-time number}}
module attributes {attn.example = #attn.prefix<>} {}
