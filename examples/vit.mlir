// ViT-B/16 (Dosovitskiy et al. 2021, arXiv:2010.11929): 12 heads of 64, every patch and the class token see all 197.
func.func @vit(%q: tensor<?x12x?x64xf32>, %k: tensor<?x12x?x64xf32>, %v: tensor<?x12x?x64xf32>)
    -> tensor<?x12x?x64xf32> {
  %o = attn.attention %q, %k, %v
       : tensor<?x12x?x64xf32>, tensor<?x12x?x64xf32>, tensor<?x12x?x64xf32> -> tensor<?x12x?x64xf32>
  return %o : tensor<?x12x?x64xf32>
}
