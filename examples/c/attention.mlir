// Grouped attention as an engine calls it: the keys of a batch entry end at its length, the window and the scale come at run time, and the
// lse goes out too, so that results over other keys can be merged in.
func.func @attention(%q: tensor<?x4x?x8xf32>, %k: tensor<?x2x?x8xf32>, %v: tensor<?x2x?x8xf32>, %lengths: tensor<?xi32>, %scale: f32,
                     %window: index) -> (tensor<?x4x?x8xf32>, tensor<?x4x?xf32>) {
  %o, %lse = attn.attention %q, %k, %v
         mask = #attn.window<left = window>
         scale(%scale) lengths(%lengths : tensor<?xi32>) symbols(window = %window)
       : tensor<?x4x?x8xf32>, tensor<?x2x?x8xf32>, tensor<?x2x?x8xf32> -> tensor<?x4x?x8xf32>, lse : tensor<?x4x?xf32>
  return %o, %lse : tensor<?x4x?x8xf32>, tensor<?x4x?xf32>
}
