// Every wrong command line and description is one clear error, and leaves nothing behind.
// RUN: rm -rf %t && mkdir %t

// RUN: not attn-compile %s -o %t/out --entry=f --target=sm_70 2>&1 | FileCheck %s --check-prefix=GPU
// GPU: error: expected --target to name one of host, x86-64, x86-64-v3, x86-64-v4, x86-64-v4+avx512bf16, sm_80, sm_90a, but got 'sm_70'
// RUN: not attn-compile %s -o %t/out --entry=f --target=x86-64,sm_80 2>&1 | FileCheck %s --check-prefix=BOTH
// BOTH: error: expected --target to name CPUs or GPUs, as a bundle is for one kind, but got 'x86-64' and 'sm_80'
// GPU-NOT: error

// RUN: not attn-compile %s -o %t/out --entry=f --target=pdp-11 2>&1 | FileCheck %s --check-prefix=TARGET
// TARGET: error: expected --target to name one of host, x86-64, x86-64-v3, x86-64-v4, x86-64-v4+avx512bf16, sm_80, sm_90a, but got 'pdp-11'
// RUN: not attn-compile %s -o %t/out --entry=f --target= 2>&1 | FileCheck %s --check-prefix=NO-TARGET
// NO-TARGET: error: expected --target to name one of {{.*}}, but got ''

// RUN: not attn-compile %s -o %t/out 2>&1 | FileCheck %s --check-prefix=SEVERAL
// SEVERAL: error: expected --entry to name one of the functions of '{{.*}}': f, nothing, narrow
// RUN: not attn-compile %s -o %t/out --entry=g 2>&1 | FileCheck %s --check-prefix=ENTRY
// ENTRY: error: expected a function 'g' in '{{.*}}', but it has only: f, nothing, narrow
// RUN: not attn-compile %s -o %t/out --entry=nothing 2>&1 | FileCheck %s --check-prefix=NOTHING
// NOTHING: compile-invalid.mlir:{{[0-9]+:[0-9]+}}: error: expected the function 'nothing' to hold an attention or a merge, but it has none
// RUN: not attn-compile %s -o %t/out --entry=narrow 2>&1 | FileCheck %s --check-prefix=NARROW
// NARROW: compile-invalid.mlir:{{[0-9]+:[0-9]+}}: error: expected argument 1 to be a tensor of up to 4 dimensions of {{.*}}, or a scalar f32, f64, i32, i64 or index, but got 'bf16'
// NARROW-NOT: note

// RUN: not attn-compile %t/absent.mlir -o %t/out 2>&1 | FileCheck %s --check-prefix=ABSENT
// ABSENT: error: cannot read '{{.*}}absent.mlir': No such file or directory
// RUN: not attn-compile %t -o %t/out 2>&1 | FileCheck %s --check-prefix=DIRECTORY
// DIRECTORY: error: cannot read '{{.*}}': Is a directory

// RUN: echo 'func.func @f(%%q: tensor<1x1x?x8xf32>) { return %%p }' > %t/malformed.mlir
// RUN: not attn-compile %t/malformed.mlir -o %t/out 2>&1 | FileCheck %s --check-prefix=MALFORMED
// MALFORMED: malformed.mlir:1:{{[0-9]+}}: error:
// MALFORMED-NOT: error:
// RUN: head -c 4000 /dev/urandom > %t/noise.mlir
// RUN: not attn-compile %t/noise.mlir -o %t/out 2>&1 | FileCheck %s --check-prefix=NOISE
// NOISE: noise.mlir:{{[0-9]+:[0-9]+}}: error:
// RUN: touch %t/empty.mlir
// RUN: not attn-compile %t/empty.mlir -o %t/out 2>&1 | FileCheck %s --check-prefix=EMPTY
// EMPTY: error: expected a public function in '{{.*}}empty.mlir', but it has none

// What the compiler refuses is shown at its place in the file.
// RUN: sed 's/return %%q : t.*/%%x = math.absf %%q : tensor<1x1x?x8xf32>\n  return %%x : tensor<1x1x?x8xf32>/' %s > %t/unsupported.mlir
// RUN: not attn-compile %t/unsupported.mlir -o %t/out --entry=nothing 2>&1 | FileCheck %s --check-prefix=REFUSED
// REFUSED: unsupported.mlir:{{[0-9]+:[0-9]+}}: error:

// RUN: not attn-compile %s 2>&1 | FileCheck %s --check-prefix=OUTPUT
// OUTPUT: error: expected -o to name a directory, but got none
// RUN: not attn-compile %s --entry=f -o "" 2>&1 | FileCheck %s --check-prefix=NAMELESS
// NAMELESS: error: expected -o to name a directory, but got none
// RUN: not attn-compile %s --entry=f -o 2>&1 | FileCheck %s --check-prefix=VALUELESS
// VALUELESS: error: expected -o DIR, but got no value
// RUN: not attn-compile %s -o %t/out --frobnicate 2>&1 | FileCheck %s --check-prefix=UNKNOWN
// UNKNOWN: error: expected an option that --help lists, but got '--frobnicate'
// RUN: ls %t | FileCheck %s --check-prefix=LEFT
// LEFT-NOT: out

func.func @f(%q: tensor<1x1x?x8xf32>) -> tensor<1x1x?x8xf32> {
  %o = attn.attention %q, %q, %q : tensor<1x1x?x8xf32>, tensor<1x1x?x8xf32>, tensor<1x1x?x8xf32> -> tensor<1x1x?x8xf32>
  return %o : tensor<1x1x?x8xf32>
}

func.func @nothing(%q: tensor<1x1x?x8xf32>) -> tensor<1x1x?x8xf32> {
  return %q : tensor<1x1x?x8xf32>
}

func.func @narrow(%q: tensor<1x1x?x8xf32>, %c: bf16) -> tensor<1x1x?x8xf32> {
  %o = attn.attention %q, %q, %q : tensor<1x1x?x8xf32>, tensor<1x1x?x8xf32>, tensor<1x1x?x8xf32> -> tensor<1x1x?x8xf32>
  return %o : tensor<1x1x?x8xf32>
}
