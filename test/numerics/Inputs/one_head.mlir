// One head of 64, causal.
func.func @one_head(%q: tensor<?x1x?x64xf32>, %k: tensor<?x1x?x64xf32>, %v: tensor<?x1x?x64xf32>) -> tensor<?x1x?x64xf32> {
  %o = attn.attention %q, %k, %v mask = #attn.causal : tensor<?x1x?x64xf32>, tensor<?x1x?x64xf32>, tensor<?x1x?x64xf32> -> tensor<?x1x?x64xf32>
  return %o : tensor<?x1x?x64xf32>
}
