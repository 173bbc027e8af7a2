// Cross attention of the Transformer (Vaswani et al. 2017, arXiv:1706.03762): 8 heads of 64, queries of the decoder see all
// tokens of the encoder, of which each batch row has its own number.
func.func @cross_attention(%q: tensor<?x8x?x64xf32>, %k: tensor<?x8x?x64xf32>, %v: tensor<?x8x?x64xf32>, %lengths: tensor<?xi32>)
    -> tensor<?x8x?x64xf32> {
  %o = attn.attention %q, %k, %v
         lengths(%lengths : tensor<?xi32>)
       : tensor<?x8x?x64xf32>, tensor<?x8x?x64xf32>, tensor<?x8x?x64xf32> -> tensor<?x8x?x64xf32>
  return %o : tensor<?x8x?x64xf32>
}
