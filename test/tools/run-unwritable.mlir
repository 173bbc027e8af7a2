// A result that cannot be written is an error, and none of the results appears.
// RUN: rm -rf %t && mkdir -p %t
// RUN: not attn-run %s --target=reference --output %t/absent/o.npy 2>&1 | FileCheck %s --check-prefix=ABSENT
// ABSENT: error: cannot write '{{.*}}absent/o.npy': No such file or directory

// RUN: not attn-run %s --target=reference --output %t/o.npy,/dev/full 2>&1 | FileCheck %s --check-prefix=FULL
// FULL: error: cannot write '/dev/full': No space left on device
// RUN: ls %t | count 0

// A file that was there stays as it was.
// RUN: echo before > %t/o.npy
// RUN: not attn-run %s --target=reference --output %t/o.npy,/dev/full
// RUN: FileCheck %s --check-prefix=BEFORE --input-file %t/o.npy
// BEFORE: before

!t = tensor<?x2x?x4xf32>
!l = tensor<?x2x?xf32>
func.func @f(%q: !t, %k: !t, %v: !t) -> (!t, !l) {
  %o, %l = attn.attention %q, %k, %v : !t, !t, !t -> !t, lse : !l
  return %o, %l : !t, !l
}
