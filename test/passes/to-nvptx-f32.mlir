// RUN: attn-opt %s --attn-normalize --attn-tile --attn-schedule --attn-outline-stages --cse --attn-lower-warps | FileCheck %s
// RUN: attn-opt %s --attn-normalize --attn-tile | FileCheck %s --check-prefix=TILE
// RUN: sed s/sm_80/sm_90a/ %s | attn-opt --attn-normalize --attn-tile --attn-schedule --attn-outline-stages --cse --attn-lower-warps | FileCheck %s

// Numbers of f32 are pairs of numbers of tf32: what each is rounded to, by arithmetic on its bits, and the exact rest. Six products are added up from zero
// before an f32 addition takes them to the sum. Values are read one by one, as no ldmatrix transposes numbers of 32 bits. On Hopper it is the same.
// CHECK-LABEL: func.func @exact_stage_0(
// CHECK-SAME: attn.threads = 256 : i64
// CHECK: scf.for
// CHECK: nvvm.ldmatrix
// CHECK: %[[MORE:.*]] = arith.addi %[[WORD:.*]], %{{.*}} : i32
// CHECK: %[[ROUNDED:.*]] = arith.andi %[[MORE]], %{{.*}} : i32
// CHECK: %[[NUMBER:.*]] = llvm.bitcast %[[WORD]] : i32 to f32
// CHECK: %[[NEAREST:.*]] = llvm.bitcast %[[ROUNDED]] : i32 to f32
// CHECK: arith.subf %[[NUMBER]], %[[NEAREST]] : f32
// CHECK-COUNT-6: nvvm.mma.sync A{{.*}}multiplicandAPtxType = #nvvm.mma_type<tf32>{{.*}}shape = #nvvm.shape<m = 16, n = 8, k = 8>
// CHECK: arith.addf
// CHECK: math.exp2
// CHECK: llvm.load %{{.*}} : !llvm.ptr<3> -> i32
// CHECK: nvvm.mma.sync
// CHECK-NOT: nvvm.convert.float.to.tf32
// CHECK-NOT: wgmma
func.func @exact(%q: tensor<?x4x?x64xf32>) -> tensor<?x4x?x64xf32> attributes {attn.target = #attn.target<"sm_80">} {
  %o = attn.attention %q, %q, %q : tensor<?x4x?x64xf32>, tensor<?x4x?x64xf32>, tensor<?x4x?x64xf32> -> tensor<?x4x?x64xf32>
  return %o : tensor<?x4x?x64xf32>
}

// Where the description allows it, each number is rounded once, and products are added by tensor cores.
// TILE-LABEL: func.func @rounded(
// TILE: attn.contract {{.*}} over "d" {precision = #attn.precision<tf32>}
// TILE: attn.contract {{.*}} over "j" {precision = #attn.precision<tf32>}
// CHECK-LABEL: func.func @rounded_stage_0(
// CHECK: scf.for
// CHECK: nvvm.convert.float.to.tf32 %{{.*}} {rnd = #nvvm.fp_rnd_mode<rna>}
// CHECK: nvvm.mma.sync
// CHECK-NOT: arith.addf
// CHECK: nvvm.mma.sync
// CHECK: math.exp2
func.func @rounded(%q: tensor<?x4x?x64xf32>) -> tensor<?x4x?x64xf32> attributes {attn.target = #attn.target<"sm_80">} {
  %o = attn.attention %q, %q, %q precision = tf32 : tensor<?x4x?x64xf32>, tensor<?x4x?x64xf32>, tensor<?x4x?x64xf32> -> tensor<?x4x?x64xf32>
  return %o : tensor<?x4x?x64xf32>
}
