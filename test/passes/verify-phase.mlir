// RUN: attn-opt %s --pass-pipeline='builtin.module(func.func(attn-verify-phase{phase=tile}))' -o /dev/null
// RUN: attn-opt %s --pass-pipeline='builtin.module(func.func(attn-verify-phase{phase=schedule}))' -o /dev/null

// What these functions hold is allowed in both phases.

func.func @no_attention(%n: index) -> index {
  %m = arith.addi %n, %n : index
  return %m : index
}

// One length: the size of an intermediate result.
func.func @linear_buffer(%q: memref<?x8x?x64xf32>) {
  %c0 = arith.constant 0 : index
  %c2 = arith.constant 2 : index
  %batch = memref.dim %q, %c0 : memref<?x8x?x64xf32>
  %length = memref.dim %q, %c2 : memref<?x8x?x64xf32>
  %w = attn.workspace(%batch, %length) : memref<?x8x?x64xf32>
  return
}

// A product of lengths, one of which is bounded where the buffer exists.
func.func @partial_results(%q: memref<?x8x?x64xf32>, %k: memref<?x8x?x64xf32>) {
  %c0 = arith.constant 0 : index
  %c2 = arith.constant 2 : index
  %c8 = arith.constant 8 : index
  %c96 = arith.constant 96 : index
  %tq = memref.dim %q, %c2 : memref<?x8x?x64xf32>
  %tk = memref.dim %k, %c2 : memref<?x8x?x64xf32>
  %tasks = arith.ceildivsi %tq, %c96 : index
  %chunks = arith.ceildivsi %tk, %c96 : index
  %few = arith.cmpi slt, %tasks, %c8 : index
  %long = arith.cmpi sgt, %tk, %c96 : index
  %split = arith.andi %few, %long : i1
  %product = arith.muli %tasks, %chunks : index
  %slots = arith.select %split, %product, %c0 : index
  %w = attn.workspace(%slots) : memref<?x6336xf32>
  return
}
