// Errors are reported at their place in the text: line and column are checked by set.mlir, which runs this file.

// ERROR: :[[@LINE+1]]:79: error: in the set: expected affine expression
module attributes {attn.example = #attn.set<"(b, h, i, j) : (i - j >= 0, j - >= 0)">} {}

// -----

// ERROR: :[[@LINE+1]]:67: error: in the set: use of undeclared identifier
module attributes {attn.example = #attn.set<"(b, h, i, j) : (i - q >= 0)">} {}

// -----

// ERROR: :[[@LINE+1]]:66: error: in the set: non-affine expression: at least one of the multiply operands has to be either a constant or symbolic
module attributes {attn.example = #attn.set<"(b, h, i, j) : (i * j >= 0)">} {}

// -----

// ERROR: :[[@LINE+1]]:80: error: in the set: expected a positive constant as divisor of mod, floordiv and ceildiv
module attributes {attn.example = #attn.set<"(b, h, i, j)[W] : (i - j >= 0, 3 + i mod W >= 0)">} {}

// -----

// ERROR: :[[@LINE+1]]:65: error: in the set: expected a positive constant as divisor of mod, floordiv and ceildiv
module attributes {attn.example = #attn.set<"(b, h, i, j) : (j mod 0 == 0)">} {}

// -----

// ERROR: :[[@LINE+1]]:65: error: in the set: expected a positive constant as divisor of mod, floordiv and ceildiv
module attributes {attn.example = #attn.set<"(b, h, i, j) : (j floordiv (0 - 3) == 0)">} {}

// -----

// ERROR: :[[@LINE+1]]:71: error: in the set: expected affine constraints, but got a product of two variables
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

// ERROR: :[[@LINE+1]]:45: error: expected string
module attributes {attn.example = #attn.set<(b, h, i, j) : (i >= 0)>} {}
