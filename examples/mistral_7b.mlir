// Mistral-7B (Jiang et al. 2023, arXiv:2310.06825): 32 query heads of 128 share 8 key/value heads, a token sees itself and the
// 4095 before it. q and k arrive rotated.
func.func @mistral_7b(%q: tensor<?x32x?x128xbf16>, %k: tensor<?x8x?x128xbf16>, %v: tensor<?x8x?x128xbf16>)
    -> tensor<?x32x?x128xbf16> {
  %o = attn.attention %q, %k, %v
         mask = #attn.all_of<[#attn.causal, #attn.window<left = 4095>]>
       : tensor<?x32x?x128xbf16>, tensor<?x8x?x128xbf16>, tensor<?x8x?x128xbf16> -> tensor<?x32x?x128xbf16>
  return %o : tensor<?x32x?x128xbf16>
}
