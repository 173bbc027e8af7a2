// RUN: attn-opt %s --split-input-file --verify-diagnostics --pass-pipeline='builtin.module(func.func(attn-materialize-defaults,attn-convert-to-online))'

// Not wrong, but slow: said in a remark.

!t = tensor<?x8x?x64xf32>
func.func @views_disagree(%q: !t) -> !t {
  // expected-remark @below {{the mask is tested for each pair of some key tiles: a constraint modulo 64 relates queries and keys}}
  %o = attn.attention %q, %q, %q mask = #attn.any_of<[#attn.window<left = 3, right = 0>, #attn.strided<64>]> : !t, !t, !t -> !t
  return %o : !t
}
