// One kernel for layers that differ: scale, window, and prefix come at run time. A token sees a window of the tokens up to
// itself, and the prefix.
func.func @runtime_numbers(%q: tensor<?x8x?x64xbf16>, %k: tensor<?x2x?x64xbf16>, %v: tensor<?x2x?x64xbf16>,
    %scale: f32, %window: index, %prefix: index)
    -> tensor<?x8x?x64xbf16> {
  %o = attn.attention %q, %k, %v
         mask = #attn.any_of<[#attn.all_of<[#attn.causal, #attn.window<left = W>]>, #attn.prefix<P>]>
         scale(%scale)
         symbols(W = %window : index, P = %prefix : index)
       : tensor<?x8x?x64xbf16>, tensor<?x2x?x64xbf16>, tensor<?x2x?x64xbf16> -> tensor<?x8x?x64xbf16>
  return %o : tensor<?x8x?x64xbf16>
}
