// RUN: attn-opt %s --split-input-file --verify-diagnostics

// expected-error @below {{expected at least one mask to combine, but got none}}
module attributes {attn.example = #attn.all_of<[]>} {}

// -----

// expected-error @below {{expected at least one mask to combine, but got none}}
module attributes {attn.example = #attn.any_of<[]>} {}

// -----

// expected-error @below {{expected a mask, but got #attn.softmax}}
module attributes {attn.example = #attn.any_of<[#attn.causal, #attn.softmax]>} {}
