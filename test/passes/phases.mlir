// RUN: attn-opt %s --attn-normalize | FileCheck %s --check-prefix=NORMALIZE
// RUN: attn-opt %s --attn-normalize --attn-tile | FileCheck %s --check-prefix=TILE
// RUN: attn-opt %s --attn-normalize --attn-tile --attn-schedule | FileCheck %s --check-prefix=SCHEDULE
// RUN: attn-opt %s --attn-normalize --attn-tile --attn-schedule --attn-to-cpu | FileCheck %s --check-prefix=TARGET

// Each phase leaves none of the operations before it; docs/phases.md shows the programs in full.

!q = tensor<?x8x?x64xbf16>
!k = tensor<?x2x?x64xbf16>

// NORMALIZE-NOT: attn.attention
// NORMALIZE: attn.online_attention
// NORMALIZE: attn.finalize

// TILE-NOT: tensor
// TILE-NOT: attn.{{online_attention|finalize |pack|for_panels}}
// TILE: attn.parallel
// TILE-NOT: attn.{{online_attention|finalize |pack|for_panels}}

// SCHEDULE: attn.parallel
// SCHEDULE: attn.pack
// SCHEDULE: attn.for_panels

// TARGET-NOT: attn.{{[a-z]+}} %
// TARGET-NOT: {{(func|scf|memref|arith|vector)}}.func
// TARGET: llvm.func

// A function that is called is part of the kernel.
func.func private @attend(%q: !q, %k: !k) -> !q {
  %o = attn.attention %q, %k, %k mask = #attn.causal : !q, !k, !k -> !q
  return %o : !q
}

func.func @f(%q: !q, %k: !k) -> !q attributes {attn.target = #attn.target<"x86-64-v4+avx512bf16">} {
  %o = func.call @attend(%q, %k) : (!q, !k) -> !q
  return %o : !q
}
