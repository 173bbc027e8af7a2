// RUN: attn-opt %s --split-input-file --attn-normalize --attn-tile --attn-schedule --attn-to-nvptx | FileCheck %s
// RUN: attn-opt %s --split-input-file --attn-normalize --attn-tile --attn-schedule --attn-outline-stages --cse --attn-lower-warps | FileCheck %s --check-prefix=ROLES

// A block stays on its multiprocessor: besides the arguments and the workspace it gets the number of tasks and a tensor map of queries, keys, values
// and output each. Boxes have 64 rows of a warpgroup, or the 128 keys of a tile, of 64 columns. Other operands go to a kernel without all this.
// CHECK: llvm.mlir.global external @attn_shared() {addr_space = 3 : i32, alignment = 1024 : i64} : !llvm.array<0 x i8>
// CHECK: llvm.func @causal_stage_0(%arg0: !llvm.ptr {llvm.align = 8 : i64, llvm.byval = !llvm.array<36 x i64>, nvvm.grid_constant}, %arg1: !llvm.ptr, %arg2: i32,
// CHECK-SAME: %arg3: !llvm.ptr {llvm.align = 64 : i64, llvm.byval = !llvm.array<16 x i64>, nvvm.grid_constant}
// CHECK-SAME: %arg4: !llvm.ptr {llvm.align = 64 : i64, llvm.byval = !llvm.array<16 x i64>, nvvm.grid_constant}
// CHECK-SAME: %arg5: !llvm.ptr {llvm.align = 64 : i64, llvm.byval = !llvm.array<16 x i64>, nvvm.grid_constant}
// CHECK-SAME: %arg6: !llvm.ptr {llvm.align = 64 : i64, llvm.byval = !llvm.array<16 x i64>, nvvm.grid_constant})
// CHECK-SAME: attn.alignment = 16 : i64
// CHECK-SAME: attn.persistent = 1 : i64
// CHECK-SAME: attn.stage = "rows"
// CHECK-SAME: attn.tensor_maps = [array<i64: 0, 1, 1, 0, 64, 64>, array<i64: 1, 1, 1, 0, 128, 64>, array<i64: 2, 1, 1, 0, 128, 64>, array<i64: 3, 1, 1, 0, 64, 64>]
// CHECK-SAME: attn.threads = 384 : i64
// CHECK-SAME: nvvm.kernel
// CHECK-SAME: nvvm.minctasm = 1 : i32
// CHECK-SAME: nvvm.reqntid = array<i32: 384>
// CHECK-NOT: nvvm.cp.async.shared.global
// CHECK-NOT: nvvm.mma.sync
// CHECK: nvvm.stmatrix
// CHECK: llvm.func @causal_stage_0_unaligned(
// CHECK-SAME: attn.alignment = 1 : i64
// CHECK-NOT: attn.persistent
// CHECK-NOT: attn.tensor_maps
// CHECK-SAME: nvvm.kernel
// CHECK-NOT: nvvm.cp.async.bulk
// CHECK: llvm.func @causal_stage_1(

// Barriers exist before any role begins, and so do the numbers that are the same for all tasks: how many heads make a section of tasks.
// ROLES-LABEL: func.func @causal_stage_0(
// ROLES: arith.divui %c33554432, %{{.*}} : index
// ROLES: nvvm.mbarrier.init
// ROLES: nvvm.fence.mbarrier.init
// ROLES: nvvm.barrier0
// ROLES-NOT: nvvm.mbarrier.init

// The warpgroup that fetches gives its registers away. One warp takes tasks, and copies queries and keys, two panels each; one thread waits for
// nothing but an empty stage.
// ROLES: nvvm.setmaxregister decrease 40
// ROLES: scf.while
// ROLES-NOT: arith.divui %c33554432
// ROLES: llvm.atomicrmw add
// ROLES-COUNT-2: nvvm.cp.async.bulk.tensor.shared.cluster.global %{{.*}}, %arg3, %{{.*}}, box
// ROLES-COUNT-2: nvvm.cp.async.bulk.tensor.shared.cluster.global %{{.*}}, %arg3, %{{.*}}, box
// ROLES: scf.for
// ROLES: nvvm.mbarrier.try_wait.parity
// ROLES: nvvm.elect.sync
// ROLES: nvvm.mbarrier.arrive.expect_tx
// ROLES-COUNT-2: nvvm.cp.async.bulk.tensor.shared.cluster.global %{{.*}}, %arg4, %{{.*}}, box
// ROLES: scf.for
// ROLES-COUNT-2: nvvm.cp.async.bulk.tensor.shared.cluster.global %{{.*}}, %arg4, %{{.*}}, box
// Another warp copies values.
// ROLES: scf.while
// ROLES: scf.for
// ROLES-COUNT-2: nvvm.cp.async.bulk.tensor.shared.cluster.global %{{.*}}, %arg5, %{{.*}}, box
// ROLES: scf.for
// ROLES-COUNT-2: nvvm.cp.async.bulk.tensor.shared.cluster.global %{{.*}}, %arg5, %{{.*}}, box

// The others take them. In both loops over keys (guarded tiles, free ones) the eight products of scores come first, from zero, then eight products of
// weights with values, which are transposed. The wait for the first group leaves the second one in flight. No task ends before its last values.
// ROLES: nvvm.setmaxregister increase 232
// ROLES: scf.while
// A warpgroup whose rows do not exist passes over all tiles: they count as read without a product.
// ROLES: %[[IDLE:.*]] = arith.cmpi sge, %{{.*}}, %{{.*}} : index
// ROLES: %[[PASSED:.*]] = arith.select %[[IDLE]], %{{.*}}, %{{.*}} : i32
// ROLES: scf.for %{{.*}} = %{{.*}} to %[[PASSED]] step
// ROLES-NOT: wgmma
// ROLES: @p mbarrier.arrive.shared::cta.b64
// ROLES-NOT: wgmma
// ROLES: @p mbarrier.arrive.shared::cta.b64
// ROLES: scf.for
// ROLES: nvvm.mbarrier.try_wait.parity
// ROLES: nvvm.wgmma.fence.aligned
// ROLES: setp.ne.b32 p, 0, 0; wgmma.mma_async.sync.aligned.m64n128k16.f32.bf16.bf16 {{.*}} p, 1, 1, 0, 0;
// ROLES-COUNT-7: setp.ne.b32 p, 1, 0; wgmma.mma_async.sync.aligned.m64n128k16.f32.bf16.bf16 {{.*}} p, 1, 1, 0, 0;
// ROLES: nvvm.wgmma.commit.group.sync.aligned
// ROLES-COUNT-8: setp.ne.b32 p, 1, 0; wgmma.mma_async.sync.aligned.m64n128k16.f32.bf16.bf16 {{.*}} p, 1, 1, 1;
// ROLES: nvvm.wgmma.commit.group.sync.aligned
// ROLES-NEXT: wgmma.wait_group.sync.aligned 1;
// ROLES: @p mbarrier.arrive.shared::cta.b64
// ROLES: math.exp2
// ROLES: wgmma.wait_group.sync.aligned 0;
// ROLES: @p mbarrier.arrive.shared::cta.b64
// ROLES: scf.for
// ROLES-COUNT-8: wgmma.mma_async.sync.aligned.m64n128k16.f32.bf16.bf16 {{.*}} p, 1, 1, 0, 0;
// ROLES-COUNT-8: wgmma.mma_async.sync.aligned.m64n128k16.f32.bf16.bf16 {{.*}} p, 1, 1, 1;
// ROLES: wgmma.wait_group.sync.aligned 1;
// ROLES: wgmma.wait_group.sync.aligned 0;
// ROLES-COUNT-8: wgmma.mma_async.sync.aligned.m64n128k16.f32.bf16.bf16 {{.*}} p, 1, 1, 1;
// ROLES: wgmma.wait_group.sync.aligned 0;
// Results leave through shared memory, once the results before have left it and the copy sees what was written.
// ROLES: nvvm.cp.async.bulk.wait_group 0 {read}
// ROLES: nvvm.barrier
// ROLES: nvvm.stmatrix
// ROLES: nvvm.fence.proxy
// ROLES: nvvm.barrier
// ROLES-COUNT-2: nvvm.cp.async.bulk.tensor.global.shared.cta %arg6
// ROLES: nvvm.cp.async.bulk.commit.group
// ROLES: nvvm.cp.async.bulk.wait_group 0 {read}

func.func @causal(%q: tensor<?x16x?x128xbf16>, %k: tensor<?x16x?x128xbf16>, %v: tensor<?x16x?x128xbf16>) -> tensor<?x16x?x128xbf16>
    attributes {attn.target = #attn.target<"sm_90a">} {
  %o = attn.attention %q, %k, %v mask = #attn.causal
    : tensor<?x16x?x128xbf16>, tensor<?x16x?x128xbf16>, tensor<?x16x?x128xbf16> -> tensor<?x16x?x128xbf16>
  return %o : tensor<?x16x?x128xbf16>
}

// -----

// Four heads lie in a box of 64 rows; a strided key view has a map of its own, whose phase is known. Values have longer rows than keys.
// CHECK: llvm.func @grouped_stage_0(
// CHECK-SAME: attn.tensor_maps = [array<i64: 0, 4, 1, 0, 64, 64>, array<i64: 1, 1, 64, 63, [[KEYS:[0-9]+]], 64>, array<i64: 2, 1, 64, 63, [[KEYS]], 64>, array<i64: 3, 4, 1, 0, 64, 64>]
// CHECK-SAME: attn.threads = [[THREADS:[0-9]+]] : i64
func.func @grouped(%q: tensor<?x8x?x64xf16>, %k: tensor<?x2x?x64xf16>, %v: tensor<?x2x?x128xf16>) -> tensor<?x8x?x128xf16>
    attributes {attn.target = #attn.target<"sm_90a">} {
  %o = attn.attention %q, %k, %v mask = #attn.key_stride<64, 63> : tensor<?x8x?x64xf16>, tensor<?x2x?x64xf16>, tensor<?x2x?x128xf16> -> tensor<?x8x?x128xf16>
  return %o : tensor<?x8x?x128xf16>
}

// -----

// Three heads do not fill 64 rows evenly: where rows are many each has tiles of its own, where they are few their rows are packed all the same.
// CHECK: llvm.func @three_heads_stage_0(
// CHECK-SAME: attn.tensor_maps = [array<i64: 0, 1, 1, 0, 64, 64>
// CHECK: llvm.func @three_heads_stage_1(
// CHECK: nvvm.mma.sync
func.func @three_heads(%q: tensor<?x6x?x64xbf16>, %k: tensor<?x2x?x64xbf16>, %v: tensor<?x2x?x64xbf16>) -> tensor<?x6x?x64xbf16>
    attributes {attn.target = #attn.target<"sm_90a">} {
  %o = attn.attention %q, %k, %v : tensor<?x6x?x64xbf16>, tensor<?x2x?x64xbf16>, tensor<?x2x?x64xbf16> -> tensor<?x6x?x64xbf16>
  return %o : tensor<?x6x?x64xbf16>
}
