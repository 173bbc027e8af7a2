// Chunked attention of Llama-4 (Meta 2025, layers with local attention): 40 query heads of 128 share 8 key/value heads, a
// token sees what came before it in its chunk of 8192 tokens. q and k arrive rotated.
func.func @chunked(%q: tensor<?x40x?x128xbf16>, %k: tensor<?x8x?x128xbf16>, %v: tensor<?x8x?x128xbf16>)
    -> tensor<?x40x?x128xbf16> {
  %o = attn.attention %q, %k, %v
         mask = #attn.all_of<[#attn.causal, #attn.chunked<8192>]>
       : tensor<?x40x?x128xbf16>, tensor<?x8x?x128xbf16>, tensor<?x8x?x128xbf16> -> tensor<?x40x?x128xbf16>
  return %o : tensor<?x40x?x128xbf16>
}
