// Every type of file that is accepted, and what is written. With one key the output is its value and lse its score.
// RUN: rm -rf %t && mkdir -p %t && cd %t
// RUN: %python %S/Inputs/npy.py write q.npy f4 1,1,1,2 1.0
// RUN: %python %S/Inputs/npy.py write q8.npy f8 1,1,1,2 1.0
// RUN: %python %S/Inputs/npy.py write q2.npy f2 1,1,1,2 1.0
// RUN: %python %S/Inputs/npy.py write k.npy f4 1,1,1,2 0.5 0.25
// RUN: %python %S/Inputs/npy.py write v.npy f4 1,1,1,2 1.00390625 1.01171875
// RUN: %python %S/Inputs/npy.py write v8.npy f8 1,1,1,2 1.003906251 -3.0
// RUN: %python %S/Inputs/npy.py write n4.npy i4 1 1
// RUN: %python %S/Inputs/npy.py write n8.npy i8 1 1

// Halves go to the even neighbour: 1 + 2^-8 down, 1 + 3 * 2^-8 up. Results of bf16 are written as f32.
// RUN: attn-run %s --target=reference --inputs q.npy,k.npy,v.npy,n4.npy --set scale=0.5 --output o.npy,l.npy | FileCheck %s --check-prefix=LINE
// RUN: %python %S/Inputs/npy.py print o.npy | FileCheck %s --check-prefix=EVEN
// RUN: %python %S/Inputs/npy.py print l.npy | FileCheck %s --check-prefix=LSE
// RUN: attn-run %s --target=reference --inputs q8.npy,k.npy,v8.npy,n8.npy --set scale=2 --output o.npy
// RUN: %python %S/Inputs/npy.py print o.npy | FileCheck %s --check-prefix=ONCE
// RUN: attn-run %s --target=reference --inputs q2.npy,k.npy,v.npy,n4.npy --set scale=1 --output o.npy
// RUN: %python %S/Inputs/npy.py print o.npy | FileCheck %s --check-prefix=EVEN
// RUN: ls | FileCheck %s --check-prefix=FILES

// LINE: run f B=1 Tq=1 Tk=1 scale=0.5
// EVEN: f4 (1, 1, 1, 2) 1 1.015625
// LSE: f4 (1, 1, 1) 0.375
// ONCE: f4 (1, 1, 1, 2) 1.0078125 -3
// FILES-NOT: part

!t = tensor<?x1x?x2xbf16>
!l = tensor<?x1x?xf32>
func.func @f(%q: !t, %k: !t, %v: !t, %n: tensor<?xi32>, %s: f32) -> (!t, !l) {
  %o, %l = attn.attention %q, %k, %v scale(%s) lengths(%n : tensor<?xi32>) : !t, !t, !t -> !t, lse : !l
  return %o, %l : !t, !l
}
