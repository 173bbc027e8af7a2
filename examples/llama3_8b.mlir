// Llama-3-8B (Grattafiori et al. 2024, arXiv:2407.21783): 32 query heads of 128 share 8 key/value heads, every token sees
// itself and all before it. q and k arrive rotated.
func.func @llama3_8b(%q: tensor<?x32x?x128xbf16>, %k: tensor<?x8x?x128xbf16>, %v: tensor<?x8x?x128xbf16>)
    -> tensor<?x32x?x128xbf16> {
  %o = attn.attention %q, %k, %v
         mask = #attn.causal
       : tensor<?x32x?x128xbf16>, tensor<?x8x?x128xbf16>, tensor<?x8x?x128xbf16> -> tensor<?x32x?x128xbf16>
  return %o : tensor<?x32x?x128xbf16>
}
