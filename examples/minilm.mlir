// all-MiniLM-L6-v2, a BERT encoder for sentence embeddings: 12 heads of 32, every token of a sentence sees every other one. A batch
// is padded to its longest sentence; lengths holds how many tokens of each are real, and the keys beyond are never read.
func.func @minilm(%q: tensor<?x12x?x32xf32>, %k: tensor<?x12x?x32xf32>, %v: tensor<?x12x?x32xf32>, %lengths: tensor<?xi32>)
    -> tensor<?x12x?x32xf32> {
  %o = attn.attention %q, %k, %v
         lengths(%lengths : tensor<?xi32>)
       : tensor<?x12x?x32xf32>, tensor<?x12x?x32xf32>, tensor<?x12x?x32xf32> -> tensor<?x12x?x32xf32>
  return %o : tensor<?x12x?x32xf32>
}
