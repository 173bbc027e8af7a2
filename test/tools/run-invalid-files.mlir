// Every wrong file has its message, and nothing is written.
// RUN: rm -rf %t && mkdir -p %t && cd %t
// RUN: %python %S/Inputs/npy.py write q.npy f4 1,2,3,4 1.0
// RUN: %python %S/Inputs/npy.py write k.npy f4 1,2,5,4 1.0
// RUN: %python %S/Inputs/npy.py write n.npy i4 1 5

// RUN: not attn-run %s --target=reference --inputs q.npy,absent.npy,k.npy,n.npy --output o.npy 2>&1 | FileCheck %s --check-prefix=ABSENT
// ABSENT: error: cannot read 'absent.npy': No such file or directory

// RUN: %python %S/Inputs/npy.py write cut.npy f4 1,2,5,4 --cut 1 1.0
// RUN: not attn-run %s --target=reference --inputs q.npy,cut.npy,k.npy,n.npy --output o.npy 2>&1 | FileCheck %s --check-prefix=CUT
// CUT: error: 'cut.npy': expected 160 bytes of elements, but the file is truncated after 159

// RUN: %python %S/Inputs/npy.py write head.npy f4 1,2,5,4 --cut 200 1.0
// RUN: not attn-run %s --target=reference --inputs q.npy,head.npy,k.npy,n.npy --output o.npy 2>&1 | FileCheck %s --check-prefix=HEAD
// HEAD: error: 'head.npy': expected a whole .npy file, but it is truncated

// RUN: not attn-run %s --target=reference --inputs q.npy,%s,k.npy,n.npy --output o.npy 2>&1 | FileCheck %s --check-prefix=TEXT
// TEXT: error: '{{.*}}run-invalid-files.mlir': expected a .npy file, but got something else

// RUN: %python %S/Inputs/npy.py write fortran.npy f4 1,2,5,4 --fortran 1.0
// RUN: not attn-run %s --target=reference --inputs q.npy,fortran.npy,k.npy,n.npy --output o.npy 2>&1 | FileCheck %s --check-prefix=FORTRAN
// FORTRAN: error: 'fortran.npy': expected C order, but got Fortran order

// RUN: %python %S/Inputs/npy.py write short.npy i2 1,2,5,4 1
// RUN: not attn-run %s --target=reference --inputs q.npy,short.npy,k.npy,n.npy --output o.npy 2>&1 | FileCheck %s --check-prefix=SHORT
// SHORT: error: 'short.npy': expected little-endian elements of type f2, f4, f8, i4 or i8, but got '<i2'

// RUN: %python %S/Inputs/npy.py write int.npy i4 1,2,5,4 1
// RUN: not attn-run %s --target=reference --inputs q.npy,int.npy,k.npy,n.npy --output o.npy 2>&1 | FileCheck %s --check-prefix=INT
// INT: error: 'int.npy': expected 'k' to hold floats, but got type i4

// RUN: not attn-run %s --target=reference --inputs q.npy,k.npy,k.npy,q.npy --output o.npy 2>&1 | FileCheck %s --check-prefix=FLOAT
// FLOAT: error: 'q.npy': expected 'lengths' to hold integers, but got type f4

// RUN: %python %S/Inputs/npy.py write rank.npy f4 2,5,4 1.0
// RUN: not attn-run %s --target=reference --inputs q.npy,rank.npy,k.npy,n.npy --output o.npy 2>&1 | FileCheck %s --check-prefix=RANK
// RANK: error: 'rank.npy': expected 'k' to have shape (?, 2, ?, 4), but got (2, 5, 4)

// RUN: %python %S/Inputs/npy.py write heads.npy f4 1,3,5,4 1.0
// RUN: not attn-run %s --target=reference --inputs q.npy,heads.npy,k.npy,n.npy --output o.npy 2>&1 | FileCheck %s --check-prefix=HEADS
// HEADS: error: 'heads.npy': expected 'k' to have shape (?, 2, ?, 4), but got (1, 3, 5, 4)

// RUN: %python %S/Inputs/npy.py write six.npy f4 1,2,6,4 1.0
// RUN: not attn-run %s --target=reference --inputs q.npy,k.npy,six.npy,n.npy --output o.npy 2>&1 | FileCheck %s --check-prefix=KEYS
// KEYS: error: expected 'v' to have size Tk = 5 in dimension 2, but got 6

// RUN: %python %S/Inputs/npy.py write long.npy i4 1 6
// RUN: not attn-run %s --target=reference --inputs q.npy,k.npy,k.npy,long.npy --output o.npy 2>&1 | FileCheck %s --check-prefix=LONG
// LONG: error: expected 'lengths' to lie between 0 and the number of keys, 5, but got 6

// RUN: %python %S/Inputs/npy.py write wide.npy i8 1 4294967296
// RUN: not attn-run %s --target=reference --inputs q.npy,k.npy,k.npy,wide.npy --output o.npy 2>&1 | FileCheck %s --check-prefix=WIDE
// WIDE: error: 'wide.npy': expected 'lengths' to hold 32-bit integers, but got 4294967296

// RUN: not attn-run %s --target=reference --inputs q.npy,k.npy --output o.npy 2>&1 | FileCheck %s --check-prefix=FEW
// FEW: error: expected --inputs to hold 4 files, one for each tensor argument, but got 2

// RUN: not ls o.npy
// RUN: attn-run %s --target=reference --inputs q.npy,k.npy,k.npy,n.npy --output o.npy

!t = tensor<?x2x?x4xf32>
func.func @f(%q: !t, %k: !t, %v: !t, %n: tensor<?xi32>) -> !t {
  %o = attn.attention %q, %k, %v lengths(%n : tensor<?xi32>) : !t, !t, !t -> !t
  return %o : !t
}
