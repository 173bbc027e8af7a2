// RUN: attn-opt %s --split-input-file --verify-diagnostics

// expected-error @below {{expected a positive stride, but got 0}}
module attributes {attn.example = #attn.segment<stride = 0, lower = (d0, d1, d2)[s0, s1, s2] -> (), upper = (d0, d1, d2)[s0, s1, s2] -> ()>} {}

// -----

// expected-error @below {{expected one phase, but got 2}}
module attributes {attn.example = #attn.segment<stride = 4, phase = (d0, d1, d2)[s0, s1, s2] -> (d1, d1),
  lower = (d0, d1, d2)[s0, s1, s2] -> (), upper = (d0, d1, d2)[s0, s1, s2] -> ()>} {}

// -----

// expected-error @below {{expected maps over (batch, head, row) with the same symbols, but got affine_map<(d0, d1)[s0, s1, s2] -> (d1)>}}
module attributes {attn.example = #attn.segment<lower = (d0, d1)[s0, s1, s2] -> (d1), upper = (d0, d1, d2)[s0, s1, s2] -> ()>} {}

// -----

// expected-error @below {{expected maps over (batch, head, row) with the same symbols, but got affine_map<(d0, d1, d2)[s0] -> (d2)>}}
module attributes {attn.example = #attn.segment<lower = (d0, d1, d2)[s0, s1, s2] -> (), upper = (d0, d1, d2)[s0] -> (d2)>} {}
