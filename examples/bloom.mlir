// BLOOM-7B1 (Scao et al. 2022, arXiv:2211.05100) with ALiBi (Press et al. 2022, arXiv:2108.12409): 32 heads of 128, causal,
// each score lowered in proportion to the distance. slopes holds one number for each head; with 32 heads head h has 2^(-(h +
// 1) / 4).
func.func @bloom(%q: tensor<?x32x?x128xbf16>, %k: tensor<?x32x?x128xbf16>, %v: tensor<?x32x?x128xbf16>, %slopes: tensor<32xf32>)
    -> tensor<?x32x?x128xbf16> {
  %o = attn.attention %q, %k, %v
         mask = #attn.causal
         score {
         ^bb0(%s: f32, %b: index, %h: index, %i: index, %j: index):
           %slope = tensor.extract %slopes[%h] : tensor<32xf32>
           %distance = arith.subi %j, %i : index
           %integer = arith.index_cast %distance : index to i32
           %float = arith.sitofp %integer : i32 to f32
           %bias = arith.mulf %slope, %float : f32
           %y = arith.addf %s, %bias : f32
           attn.yield %y : f32
         }
       : tensor<?x32x?x128xbf16>, tensor<?x32x?x128xbf16>, tensor<?x32x?x128xbf16> -> tensor<?x32x?x128xbf16>
  return %o : tensor<?x32x?x128xbf16>
}
