// RUN: not attn-opt --split-input-file %s 2>&1 | FileCheck --check-prefix=ERROR %s

// Errors are reported at their place in the text, which -verify-diagnostics does not look at: line and column are checked here.

// ERROR: :[[@LINE+1]]:78: error: in the set: missing right operand of binary operator
module attributes {attn.example = #attn.set<"(b, h, i, j) : (i - j >= 0, j - >= 0)">} {}

// -----

// ERROR: :[[@LINE+1]]:65: error: in the set: use of undeclared identifier
module attributes {attn.example = #attn.set<"(b, h, i, j) : (i - q >= 0)">} {}

// -----

// ERROR: :[[@LINE+1]]:64: error: in the set: non-affine expression: at least one of the multiply operands has to be either a constant or symbolic
module attributes {attn.example = #attn.set<"(b, h, i, j) : (i * j >= 0)">} {}

// -----

// ERROR: :[[@LINE+1]]:77: error: in the set: expected a positive constant as divisor of mod, floordiv and ceildiv
module attributes {attn.example = #attn.set<"(b, h, i, j)[W] : (i - j >= 0, 3 + i mod W >= 0)">} {}

// -----

// ERROR: :[[@LINE+1]]:62: error: in the set: expected a positive constant as divisor of mod, floordiv and ceildiv
module attributes {attn.example = #attn.set<"(b, h, i, j) : (j mod 0 == 0)">} {}

// -----

// ERROR: :[[@LINE+1]]:62: error: in the set: expected a positive constant as divisor of mod, floordiv and ceildiv
module attributes {attn.example = #attn.set<"(b, h, i, j) : (j floordiv (0 - 3) == 0)">} {}

// -----

// ERROR: :[[@LINE+1]]:68: error: in the set: expected affine constraints, but got a product of two variables
module attributes {attn.example = #attn.set<"(b, h, i, j)[W, P] : (W * P - i >= 0)">} {}

// -----

// ERROR: :[[@LINE+1]]:45: error: expected a set over (batch, head, query, key), but got 2 dimensions
module attributes {attn.example = #attn.set<"(i, j) : (i - j >= 0)">} {}

// -----

// ERROR: :[[@LINE+1]]:46: error: in the set: expected '(' in dimensional identifier list
module attributes {attn.example = #attn.set<"causal">} {}

// -----

// ERROR: :[[@LINE+1]]:46: error: in the set: expected '(' in dimensional identifier list
module attributes {attn.example = #attn.set<"">} {}

// -----

// Text that ends the set and goes on is no set.
// ERROR: :[[@LINE+1]]:46: error: in the set: 'builtin.module' op can only contain attributes with dialect-prefixed names
module attributes {attn.example = #attn.set<"(b, h, i, j) : (i >= 0)>, x = affine_set<(a) : (a >= 0)">} {}

// -----

// ERROR: :[[@LINE+1]]:46: error: in the set: expected an integer set
module attributes {attn.example = #attn.set<"(b, h, i, j) : (i >= 0)>, attn.other = affine_set<(a) : (a >= 0)">} {}

// -----

// ERROR: :[[@LINE+1]]:45: error: expected string
module attributes {attn.example = #attn.set<3>} {}
