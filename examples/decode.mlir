// Decoding with Llama-3-8B on a cache that has room for more keys: lengths tells how many each sequence has, offset where its
// query stands.
func.func @decode(%q: tensor<?x32x?x128xbf16>, %k: tensor<?x8x?x128xbf16>, %v: tensor<?x8x?x128xbf16>,
    %lengths: tensor<?xi32>, %offset: tensor<?xi32>)
    -> tensor<?x32x?x128xbf16> {
  %o = attn.attention %q, %k, %v
         mask = #attn.causal
         lengths(%lengths : tensor<?xi32>)
         offset(%offset : tensor<?xi32>)
       : tensor<?x32x?x128xbf16>, tensor<?x8x?x128xbf16>, tensor<?x8x?x128xbf16> -> tensor<?x32x?x128xbf16>
  return %o : tensor<?x32x?x128xbf16>
}
