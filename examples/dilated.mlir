// Dilated window (Longformer, Beltagy et al. 2020, arXiv:2004.05150, its causal form): a token sees 128 tokens, 4 apart,
// itself among them.
func.func @dilated(%q: tensor<?x8x?x64xbf16>, %k: tensor<?x8x?x64xbf16>, %v: tensor<?x8x?x64xbf16>)
    -> tensor<?x8x?x64xbf16> {
  %o = attn.attention %q, %k, %v
         mask = #attn.dilated<4, 128>
       : tensor<?x8x?x64xbf16>, tensor<?x8x?x64xbf16>, tensor<?x8x?x64xbf16> -> tensor<?x8x?x64xbf16>
  return %o : tensor<?x8x?x64xbf16>
}
