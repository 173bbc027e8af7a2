// StreamingLLM (Xiao et al. 2024, arXiv:2309.17453) on the heads of Llama-3-8B: a token sees the 1020 tokens up to itself and
// the first 4, the sinks.
func.func @streaming_llm(%q: tensor<?x32x?x128xbf16>, %k: tensor<?x8x?x128xbf16>, %v: tensor<?x8x?x128xbf16>)
    -> tensor<?x32x?x128xbf16> {
  %o = attn.attention %q, %k, %v
         mask = #attn.all_of<[#attn.causal, #attn.any_of<[#attn.window<left = 1019>, #attn.sinks<4>]>]>
       : tensor<?x32x?x128xbf16>, tensor<?x8x?x128xbf16>, tensor<?x8x?x128xbf16> -> tensor<?x32x?x128xbf16>
  return %o : tensor<?x32x?x128xbf16>
}
