func.func @f(%n: index) {
  attn.parallel "only" (%i) = (%n) {
  }
  return
}
