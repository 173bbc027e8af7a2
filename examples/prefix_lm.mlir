// Prefix language model (T5, Raffel et al. 2020, arXiv:1910.10683): the first P tokens see one another, later ones what came
// before. P comes at run time.
func.func @prefix_lm(%q: tensor<?x12x?x64xbf16>, %k: tensor<?x12x?x64xbf16>, %v: tensor<?x12x?x64xbf16>, %prefix: index)
    -> tensor<?x12x?x64xbf16> {
  %o = attn.attention %q, %k, %v
         mask = #attn.any_of<[#attn.causal, #attn.prefix<P>]>
         symbols(P = %prefix : index)
       : tensor<?x12x?x64xbf16>, tensor<?x12x?x64xbf16>, tensor<?x12x?x64xbf16> -> tensor<?x12x?x64xbf16>
  return %o : tensor<?x12x?x64xbf16>
}
