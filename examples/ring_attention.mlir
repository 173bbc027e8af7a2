// Ring attention (Liu et al. 2023, arXiv:2310.01889), a step of it: the queries of one rank meet the keys of two ranks one after
// the other, and the results are merged by their lse. The keys of the second rank follow those of the first; offset is the
// position of the first query.
func.func @ring_attention(%q: tensor<?x8x?x64xf32>, %k1: tensor<?x8x?x64xf32>, %v1: tensor<?x8x?x64xf32>, %k2: tensor<?x8x?x64xf32>,
    %v2: tensor<?x8x?x64xf32>, %offset: index) -> (tensor<?x8x?x64xf32>, tensor<?x8x?xf32>) {
  %axis = arith.constant 2 : index
  %first = tensor.dim %k1, %axis : tensor<?x8x?x64xf32>
  %behind = arith.subi %offset, %first : index
  %o1, %lse1 = attn.attention %q, %k1, %v1
         mask = #attn.causal
         offset(%offset : index)
       : tensor<?x8x?x64xf32>, tensor<?x8x?x64xf32>, tensor<?x8x?x64xf32> -> tensor<?x8x?x64xf32>, lse : tensor<?x8x?xf32>
  %o2, %lse2 = attn.attention %q, %k2, %v2
         mask = #attn.causal
         offset(%behind : index)
       : tensor<?x8x?x64xf32>, tensor<?x8x?x64xf32>, tensor<?x8x?x64xf32> -> tensor<?x8x?x64xf32>, lse : tensor<?x8x?xf32>
  %o, %lse = attn.merge %o1, %lse1 with %o2, %lse2 : tensor<?x8x?x64xf32>, tensor<?x8x?xf32>
  return %o, %lse : tensor<?x8x?x64xf32>, tensor<?x8x?xf32>
}
