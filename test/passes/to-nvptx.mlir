// RUN: attn-opt %s --attn-normalize --attn-tile --attn-schedule --attn-to-nvptx | FileCheck %s
// RUN: attn-opt %s --attn-normalize --attn-tile --attn-schedule --attn-to-nvptx | FileCheck %s --check-prefix=PRODUCTS
// RUN: attn-opt %s --attn-normalize --attn-tile --attn-schedule --attn-outline-stages --cse --attn-lower-warps | FileCheck %s --check-prefix=WARPS

// A block is a row tile of 128 rows, its four warps are panels of 32. The kernel of the member is there twice: with asynchronous copies, and for rows
// that do not begin at multiples of 16 bytes. The plan stays a function for the host.
// CHECK: llvm.mlir.global external @attn_shared() {addr_space = 3 : i32, alignment = 1024 : i64} : !llvm.array<0 x i8>
// CHECK: llvm.func @causal_stage_0(%{{.*}}: !llvm.ptr {llvm.align = 8 : i64, llvm.byval = !llvm.array<36 x i64>, nvvm.grid_constant}, %{{.*}}: !llvm.ptr)
// CHECK-SAME: attn.alignment = 16 : i64
// CHECK-SAME: attn.shared_bytes = 65536 : i64
// CHECK-SAME: attn.stage = "rows"
// CHECK-SAME: attn.threads = 128 : i64
// CHECK-SAME: nvvm.kernel
// CHECK-SAME: nvvm.reqntid = array<i32: 128>
// CHECK: nvvm.cp.async.shared.global
// CHECK: nvvm.cp.async.commit.group
// CHECK: nvvm.cp.async.wait.group 0
// CHECK: nvvm.barrier0
// CHECK: nvvm.ldmatrix
// CHECK: nvvm.mma.sync
// CHECK: llvm.func @causal_stage_0_unaligned(
// CHECK-SAME: attn.alignment = 1 : i64
// CHECK-NOT: nvvm.cp.async.shared.global
// CHECK: llvm.func @causal_stage_1(
// CHECK: llvm.func @causal_plan(%{{.*}}: !llvm.ptr, %{{.*}}: !llvm.ptr) attributes {attn.plan

// Two loops (without guards, with guards) in each of two kernels; each has 32 x 64 x 128 and 32 x 128 x 64 on products of 16 x 8 x 16. The kernels for
// few rows have 16 keys for 16 rows of a warp, or 32 for 32.
// PRODUCTS-COUNT-1664: nvvm.mma.sync
// PRODUCTS-NOT: nvvm.mma.sync

// Only the loop with guards asks which keys a row sees. Where a row's keys end is computed before that loop, once, and counted in the columns of a
// thread; the loop makes a word of it, in which a set bit hides a number.
// WARPS-LABEL: func.func @causal_stage_0(
// WARPS: scf.for
// WARPS-NOT: arith.shli %{{.*}} : i64
// WARPS: nvvm.mma.sync
// WARPS: scf.yield
// WARPS: arith.trunci %{{.*}} : i64 to i32
// WARPS: scf.for
// WARPS-NOT: arith.minsi %{{.*}} : i64
// WARPS: nvvm.mma.sync
// WARPS: %[[ONES:.*]] = arith.shli %{{.*}}, %{{.*}} : i64
// WARPS: %[[HIDDEN:.*]] = arith.trunci %[[ONES]] : i64 to i32
// WARPS: %[[BIT:.*]] = arith.andi %[[HIDDEN]], %{{.*}} : i32
// WARPS: %[[VISIBLE:.*]] = arith.cmpi eq, %[[BIT]], %{{.*}} : i32
// WARPS: arith.select %[[VISIBLE]], %{{.*}}, %{{.*}} : f32
// WARPS: math.exp2

// Results: the lanes of a row exchange words until each has 16 bytes of one place, all lanes together; then those store whose row exists. Where memory
// does not lie at multiples of 16 bytes, numbers are stored one by one.
// WARPS: scf.if
// WARPS-COUNT-16: nvvm.shfl.sync bfly %{{.*}} : i32 -> i32
// WARPS-NOT: nvvm.shfl
// WARPS: scf.if
// WARPS-COUNT-4: llvm.store %{{.*}} {alignment = 16 : i64} : vector<4xi32>
// WARPS-NOT: vector<4xi32>
// WARPS: else
// WARPS: llvm.store %{{.*}} {alignment = 2 : i64} : bf16

func.func @causal(%q: tensor<?x16x?x128xbf16>, %k: tensor<?x16x?x128xbf16>, %v: tensor<?x16x?x128xbf16>) -> tensor<?x16x?x128xbf16>
    attributes {attn.target = #attn.target<"sm_80">} {
  %o = attn.attention %q, %k, %v mask = #attn.causal
    : tensor<?x16x?x128xbf16>, tensor<?x16x?x128xbf16>, tensor<?x16x?x128xbf16> -> tensor<?x16x?x128xbf16>
  return %o : tensor<?x16x?x128xbf16>
}
