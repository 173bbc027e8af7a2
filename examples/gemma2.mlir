// Gemma-2-9B, a layer with a window (Gemma team 2024, arXiv:2408.00118): 16 query heads of 256 share 8 key/value heads, scores
// are capped softly at 50, a token sees itself and the 4095 before it. q and k arrive rotated; the scale is 256^-1/2.
func.func @gemma2(%q: tensor<?x16x?x256xbf16>, %k: tensor<?x8x?x256xbf16>, %v: tensor<?x8x?x256xbf16>)
    -> tensor<?x16x?x256xbf16> {
  %o = attn.attention %q, %k, %v
         mask = #attn.all_of<[#attn.causal, #attn.window<left = 4095>]>
         scale = 0.0625
         score {
         ^bb0(%s: f32, %b: index, %h: index, %i: index, %j: index):
           %cap = arith.constant 50.0 : f32
           %x = arith.divf %s, %cap : f32
           %t = math.tanh %x : f32
           %y = arith.mulf %t, %cap : f32
           attn.yield %y : f32
         }
       : tensor<?x16x?x256xbf16>, tensor<?x8x?x256xbf16>, tensor<?x8x?x256xbf16> -> tensor<?x16x?x256xbf16>
  return %o : tensor<?x16x?x256xbf16>
}
