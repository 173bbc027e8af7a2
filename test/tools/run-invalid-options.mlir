// Every wrong command line and description has its message.
// RUN: rm -rf %t && mkdir -p %t

// RUN: not attn-run %t/absent.mlir 2>&1 | FileCheck %s --check-prefix=ABSENT
// ABSENT: error: cannot read '{{.*}}absent.mlir': No such file or directory

// RUN: not attn-run %s --target=reference --entry=nobody 2>&1 | FileCheck %s --check-prefix=ENTRY
// ENTRY: error: expected a function 'nobody' in '{{.*}}', but it has only: f, g

// RUN: not attn-run %s --target=reference 2>&1 | FileCheck %s --check-prefix=SEVERAL
// SEVERAL: error: expected --entry to name one of the functions of '{{.*}}': f, g

// RUN: not attn-run %s --entry=f --target=pdp-11 2>&1 | FileCheck %s --check-prefix=TARGET
// TARGET: error: {{.*}}pdp-11

// RUN: not attn-run %s --entry=f --target=reference --shape Tz=4 2>&1 | FileCheck %s --check-prefix=SYMBOL
// SYMBOL: error: expected --shape to name dynamic sizes of the function (B, Tq, Tk), but got 'Tz'

// RUN: not attn-run %s --entry=f --target=reference --shape Tq=-4 2>&1 | FileCheck %s --check-prefix=NEGATIVE
// NEGATIVE: error: expected the size of 'Tq' to be a number from 0, but got '-4'

// RUN: not attn-run %s --entry=f --target=reference --shape Tq 2>&1 | FileCheck %s --check-prefix=ASSIGN
// ASSIGN: error: expected --shape to hold NAME=VALUE, but got 'Tq'

// RUN: not attn-run %s --entry=f --target=reference --shape Tq=1,Tq=2 2>&1 | FileCheck %s --check-prefix=TWICE
// TWICE: error: expected 'Tq' once in --shape, but got it twice

// RUN: not attn-run %s --entry=f --target=reference --shape B=1000000000,Tq=1000000000 2>&1 | FileCheck %s --check-prefix=HUGE
// HUGE: error: expected a tensor that fits this machine's memory, but got 1000000000x2x1000000000x4xf32

// RUN: not attn-run %s --entry=f --target=reference --shape B=9223372036854775807 2>&1 | FileCheck %s --check-prefix=OVERFLOW
// OVERFLOW: error: expected a tensor that fits this machine's memory

// RUN: not attn-run %s --entry=g --target=reference --set X=4 2>&1 | FileCheck %s --check-prefix=NAME
// NAME: error: expected --set to name scalar arguments of the function (W, scale), but got 'X'

// RUN: not attn-run %s --entry=g --target=reference --set W=many 2>&1 | FileCheck %s --check-prefix=NUMBER
// NUMBER: error: expected the value of 'W' to be a number, but got 'many'

// RUN: not attn-run %s --entry=g --target=reference --set W=-1 2>&1 | FileCheck %s --check-prefix=COUNT
// COUNT: error: expected 'W' to be at least 0, but got -1

// RUN: not attn-run %s --entry=g --target=reference --set W=0.5 2>&1 | FileCheck %s --check-prefix=INTEGER
// INTEGER: error: expected 'W' to be an integer, but got 0.5

// RUN: not attn-run %s --entry=g --target=reference --set scale=0 2>&1 | FileCheck %s --check-prefix=SCALE
// SCALE: error: expected 'scale' to be positive and finite, but got 0

// RUN: not attn-run %s --entry=f --target=reference --inputs a.npy --shape B=1 2>&1 | FileCheck %s --check-prefix=BOTH
// BOTH: error: expected --inputs or --shape, but got both

// RUN: not attn-run %s --entry=f --target=reference --output a.npy,b.npy 2>&1 | FileCheck %s --check-prefix=OUTPUTS
// OUTPUTS: error: expected --output to hold at most 1 files, one for each result, but got 2

// RUN: not attn-run %s --entry=f --target=reference --poison 2>&1 | FileCheck %s --check-prefix=POISON
// POISON: error: expected an attention with lengths for --poison, but there is none

// RUN: not attn-run %s --entry=f --frobnicate 2>&1 | FileCheck %s --check-prefix=UNKNOWN
// UNKNOWN: error: expected an option that --help lists, but got '--frobnicate'

// RUN: not attn-run 2>&1 | FileCheck %s --check-prefix=NOTHING
// NOTHING: error: expected a description, but got none

// RUN: not attn-run %s %s 2>&1 | FileCheck %s --check-prefix=MANY
// MANY: error: expected one description, but got '{{.*}}' and '{{.*}}'

// RUN: not attn-run %s --check=yes 2>&1 | FileCheck %s --check-prefix=FLAG
// FLAG: error: expected --check without a value, but got 'yes'

// RUN: not attn-run %s --entry 2>&1 | FileCheck %s --check-prefix=VALUE
// VALUE: error: expected --entry=NAME, but got no value

// RUN: not attn-run %s --seed=x 2>&1 | FileCheck %s --check-prefix=SEED
// SEED: error: expected --seed to be a number from 0, but got 'x'

// RUN: not attn-run %s --threads=5000 2>&1 | FileCheck %s --check-prefix=THREADS
// THREADS: error: expected --threads to be at most 1024, but got 5000

// RUN: attn-run --help | FileCheck %s --check-prefix=HELP
// HELP: usage: attn-run [options] DESCRIPTION.mlir
// HELP: --shape=B=2,Tq=4096

// RUN: echo 'func.func @f(' > %t/malformed.mlir
// RUN: not attn-run %t/malformed.mlir 2>&1 | FileCheck %s --check-prefix=MALFORMED
// MALFORMED: malformed.mlir:{{.*}}: error:

// RUN: echo 'func.func private @f()' > %t/private.mlir
// RUN: not attn-run %t/private.mlir 2>&1 | FileCheck %s --check-prefix=PRIVATE
// PRIVATE: error: expected a public function in '{{.*}}private.mlir', but it has none

!t = tensor<?x2x?x4xf32>
func.func @f(%q: !t, %k: !t, %v: !t) -> !t {
  %o = attn.attention %q, %k, %v : !t, !t, !t -> !t
  return %o : !t
}
func.func @g(%q: !t, %k: !t, %v: !t, %w: index, %s: f32) -> !t {
  %o = attn.attention %q, %k, %v mask = #attn.window<left = W> scale(%s) symbols(W = %w) : !t, !t, !t -> !t
  return %o : !t
}
