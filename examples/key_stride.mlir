// Every 64th key and the 64 tokens up to the query: representatives of blocks, counted from the first key (Sparse Transformer,
// fixed; Child et al. 2019, arXiv:1904.10509).
func.func @key_stride(%q: tensor<?x8x?x64xbf16>, %k: tensor<?x8x?x64xbf16>, %v: tensor<?x8x?x64xbf16>)
    -> tensor<?x8x?x64xbf16> {
  %o = attn.attention %q, %k, %v
         mask = #attn.all_of<[#attn.causal, #attn.any_of<[#attn.window<left = 63>, #attn.key_stride<64, 63>]>]>
       : tensor<?x8x?x64xbf16>, tensor<?x8x?x64xbf16>, tensor<?x8x?x64xbf16> -> tensor<?x8x?x64xbf16>
  return %o : tensor<?x8x?x64xbf16>
}
