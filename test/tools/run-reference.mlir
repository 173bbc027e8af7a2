// What is not given is drawn from the seed, and the interpreter agrees with itself.
// RUN: rm -rf %t && mkdir -p %t
// RUN: attn-run %s --target=reference --check --output %t/a.npy,%t/al.npy | FileCheck %s
// RUN: attn-run %s --target=reference --output %t/b.npy,%t/bl.npy
// RUN: cmp %t/a.npy %t/b.npy && cmp %t/al.npy %t/bl.npy
// RUN: attn-run %s --target=reference --seed 2 --output %t/b.npy
// RUN: not cmp -s %t/a.npy %t/b.npy
// RUN: attn-run %s --target=reference --check --poison --threads 2 --shape B=3,Tq=5,Tk=70 --set W=9 | FileCheck %s --check-prefix=GIVEN
// RUN: attn-run %s --target=reference --bench --shape B=1,Tq=4,Tk=8 --set W=100 | FileCheck %s --check-prefix=BENCH

// CHECK: run mistral B={{[123]}} Tq={{[0-9]+}} Tk={{[0-9]+}} W={{[0-9]+}} seed=1
// CHECK-NEXT: check o: relative error {{.*}} (plain {{.*}}, bound {{.*}}), largest error {{.*}}: ok
// CHECK-NEXT: check lse: largest error {{.*}}: ok
// CHECK-NOT: {{.}}

// GIVEN: run mistral B=3 Tq=5 Tk=70 W=9 seed=1
// GIVEN-NEXT: check o: {{.*}}: ok

// BENCH: bench reference: median {{[0-9.]+}} ms, best {{[0-9.]+}} ms ({{[0-9]+}} runs); {{.*}} useful GFLOP, {{.*}} GFLOP/s; {{.*}} MB, {{.*}} GB/s

!q = tensor<?x4x?x8xbf16>
!k = tensor<?x2x?x8xbf16>
!l = tensor<?x4x?xf32>
func.func @mistral(%q: !q, %k: !k, %v: !k, %n: tensor<?xi32>, %w: index) -> (!q, !l) {
  %o, %l = attn.attention %q, %k, %v mask = #attn.all_of<[#attn.causal, #attn.window<left = W>]> lengths(%n : tensor<?xi32>) symbols(W = %w)
    : !q, !k, !k -> !q, lse : !l
  return %o, %l : !q, !l
}
