// attn-run on a GPU. There is none here: the driver is a stand-in that keeps memory and remembers launches, but computes nothing.

// REQUIRES: ptxas
// RUN: not env ATTN_CUDA_DRIVER=%t/none attn-run %s --target=sm_80 2>&1 | FileCheck %s --check-prefix=NONE
// RUN: not env ATTN_CUDA_DRIVER=%t/none attn-run %s --target=cuda 2>&1 | FileCheck %s --check-prefix=NONE
// NONE: error: no NVIDIA GPU can be used: cannot open the CUDA driver (ATTN_CUDA_DRIVER names it):

// RUN: env ATTN_CUDA_DRIVER=%build_dir/test/unit/runtime/libfake_cuda.so attn-run %s --target=sm_80 --shape B=1,Tq=3,Tk=5 --bench | FileCheck %s
// CHECK: run small B=1 Tq=3 Tk=5
// CHECK: bench sm_80: median

// What was not computed does not pass as right.
// RUN: not env ATTN_CUDA_DRIVER=%build_dir/test/unit/runtime/libfake_cuda.so attn-run %s --target=cuda:0 --shape B=1,Tq=3,Tk=5 --check

// RUN: not env ATTN_CUDA_DRIVER=%build_dir/test/unit/runtime/libfake_cuda.so attn-run %s --target=cuda:5 2>&1 | FileCheck %s --check-prefix=FIVE
// FIVE: error: expected a GPU from 0 to 0, but got 5

func.func @small(%q: tensor<?x4x?x64xf16>, %k: tensor<?x2x?x64xf16>, %v: tensor<?x2x?x64xf16>) -> tensor<?x4x?x64xf16> {
  %o = attn.attention %q, %k, %v mask = #attn.causal
       : tensor<?x4x?x64xf16>, tensor<?x2x?x64xf16>, tensor<?x2x?x64xf16> -> tensor<?x4x?x64xf16>
  return %o : tensor<?x4x?x64xf16>
}
