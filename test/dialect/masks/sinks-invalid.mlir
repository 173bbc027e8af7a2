// RUN: attn-opt %s --split-input-file --verify-diagnostics

// expected-error @below {{expected number of sinks to be at least 0, but got -4}}
module attributes {attn.example = #attn.sinks<-4>} {}

// -----

// expected-error @below {{expected an integer or the name of a run-time number}}
module attributes {attn.example = #attn.sinks<[4]>} {}
