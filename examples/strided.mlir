// Sparse Transformer, strided (Child et al. 2019, arXiv:1904.10509): a token sees the 64 tokens up to itself, and before them
// every 64th.
func.func @strided(%q: tensor<?x8x?x64xbf16>, %k: tensor<?x8x?x64xbf16>, %v: tensor<?x8x?x64xbf16>)
    -> tensor<?x8x?x64xbf16> {
  %o = attn.attention %q, %k, %v
         mask = #attn.all_of<[#attn.causal, #attn.any_of<[#attn.window<left = 63>, #attn.strided<64>]>]>
       : tensor<?x8x?x64xbf16>, tensor<?x8x?x64xbf16>, tensor<?x8x?x64xbf16> -> tensor<?x8x?x64xbf16>
  return %o : tensor<?x8x?x64xbf16>
}
