// RUN: attn-opt %s --attn-normalize --attn-tile | FileCheck %s
// RUN: attn-opt %s --attn-normalize --attn-tile --attn-schedule --attn-outline-stages --cse --attn-lower-warps | FileCheck %s --check-prefix=WARPS

// On a GPU run-time sizes choose between large row tiles, tiles of 16 packed rows and tiles of 64; the last two split the keys into as many chunks as
// fill the device. With one chunk results are stored at once, and the stage that combines has no tasks.
// CHECK-LABEL: func.func @decode
// CHECK: %[[BATCHES:.*]] = memref.dim %{{.*}}, %c0
// CHECK: %[[ROWS:.*]] = arith.muli %{{.*}}, %c4
// CHECK: %[[FEW:.*]] = arith.cmpi sle, %[[ROWS]], %c16
// CHECK: %[[KEY_TILES:.*]] = arith.ceildivsi %{{.*}}, %c64
// CHECK: %[[TASKS:.*]] = arith.muli %[[BATCHES]], %c8
// CHECK: %[[AT_LEAST_ONE:.*]] = arith.maxsi %[[TASKS]], %c1
// CHECK: %[[QUOTIENT:.*]] = arith.divui %c264, %[[AT_LEAST_ONE]]
// CHECK: %[[MOST:.*]] = arith.maxsi %[[QUOTIENT]], %c1
// CHECK: %[[EVEN:.*]] = arith.ceildivui %[[KEY_TILES]], %[[MOST]]
// CHECK: %[[TILES:.*]] = arith.maxsi %[[EVEN]], %c4
// CHECK: %[[KEYS:.*]] = arith.muli %[[TILES]], %c64
// CHECK: %[[W:.*]] = attn.workspace(%{{.*}}) : memref<?x132xf32>
// CHECK: attn.parallel "rows"
// CHECK: attn.parallel "few_rows" (%{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}, %[[CHUNK:.*]]) = {{.*}} if %[[FEW]] {
// CHECK: attn.load {{.*}} -> <[i: 16, d: 128] x bf16>
// CHECK: %[[BEGIN:.*]] = arith.muli %[[CHUNK]], %[[KEYS]]
// CHECK: %[[END:.*]] = arith.addi %[[BEGIN]], %[[KEYS]]
// CHECK: attn.bounds {{.*}} chunk(%[[BEGIN]], %[[END]])
// CHECK: attn.store_partial %{{.*}}, %[[W]][%{{.*}}] rows(%{{.*}})
// CHECK: attn.store
// CHECK: attn.parallel "some_rows"
// CHECK: attn.load {{.*}} -> <[i: 64, d: 128] x bf16>
// CHECK: attn.store_partial
// CHECK: attn.parallel "combine"
// CHECK: attn.reduce_partials %[[W]][%{{.*}}, %{{.*}}] step(%[[ROWS]]) {{.*}} -> <#attn.softmax, 1 x 128>

// A ring of three tiles: two are on their way when the loop begins, and the third is sent for after the barrier that frees its place.
// WARPS-LABEL: func.func @decode_stage_1(
// WARPS-SAME: attn.shared_bytes = 102400
// WARPS-COUNT-3: nvvm.cp.async.commit.group
// WARPS: nvvm.cp.async.wait.group 2
// WARPS: nvvm.ldmatrix
// WARPS: scf.for
// WARPS: nvvm.cp.async.wait.group 1
// WARPS-NEXT: nvvm.barrier0
// WARPS: nvvm.cp.async.shared.global
// WARPS: nvvm.cp.async.commit.group
// WARPS: nvvm.mma.sync
// WARPS: scf.yield
// The four warps took different keys: their states meet in the ring when nothing is on its way there.
// WARPS: nvvm.cp.async.wait.group 0
// WARPS-NEXT: nvvm.barrier0
// WARPS: llvm.store {{.*}} : vector<4xf32>, !llvm.ptr<3>
// WARPS: nvvm.barrier0
// WARPS: llvm.load {{.*}} : !llvm.ptr<3> -> vector<4xf32>
// WARPS-LABEL: func.func @decode_stage_3_unaligned(
// WARPS-SAME: attn.stage = "combine"
// WARPS-NOT: nvvm.mma.sync
// WARPS: scf.for
// WARPS: nvvm.barrier0
// WARPS: scf.if

func.func @decode(%q: tensor<?x32x?x128xbf16>, %k: tensor<?x8x?x128xbf16>, %v: tensor<?x8x?x128xbf16>) -> tensor<?x32x?x128xbf16>
    attributes {attn.target = #attn.target<"sm_80">} {
  %o = attn.attention %q, %k, %v : tensor<?x32x?x128xbf16>, tensor<?x8x?x128xbf16>, tensor<?x8x?x128xbf16> -> tensor<?x32x?x128xbf16>
  return %o : tensor<?x32x?x128xbf16>
}
