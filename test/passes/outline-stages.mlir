// RUN: attn-opt %s --allow-unregistered-dialect --attn-outline-stages | FileCheck %s

// One function per stage, each of which repeats what the kernel computes before it; the kernel itself is gone.
// CHECK-NOT: func.func @f(

// CHECK-LABEL: func.func @f_stage_0(
// CHECK-SAME: %[[ARGS:.*]]: !llvm.ptr, %[[WORKSPACE:.*]]: !llvm.ptr, %[[SCRATCH:.*]]: !llvm.ptr, %[[TASK:.*]]: i64)
// CHECK-SAME: attn.stage = "first"
// CHECK: %[[BATCHES:.*]] = memref.dim
// The task's number, taken apart: the innermost count varies fastest.
// CHECK: %[[NUMBER:.*]] = arith.index_cast %[[TASK]] : i64 to index
// CHECK: %[[C3:.*]] = arith.index_cast %{{c3.*}} : index to i64
// CHECK: %[[WIDE:.*]] = arith.index_cast %[[NUMBER]] : index to i64
// CHECK: %[[QUOTIENT:.*]] = arith.divui %[[WIDE]], %[[C3]] : i64
// CHECK: %[[PRODUCT:.*]] = arith.muli %[[QUOTIENT]], %[[C3]] : i64
// CHECK: %[[REMAINDER:.*]] = arith.subi %[[WIDE]], %[[PRODUCT]] : i64
// CHECK: %[[TILE:.*]] = arith.index_cast %[[REMAINDER]] : i64 to index
// CHECK: %[[BATCH:.*]] = arith.index_cast %[[QUOTIENT]] : i64 to index
// CHECK: "test.first"(%[[BATCH]], %[[TILE]], %[[BATCHES]])
// CHECK-NOT: "test.second"

// CHECK-LABEL: func.func @f_stage_1(
// CHECK-SAME: attn.stage = "second"
// The longest tasks are the last of the innermost dimension: they are handed out first.
// CHECK: %[[N:.*]] = arith.index_cast %dim : index to i64
// CHECK: %[[QUOTIENT:.*]] = arith.divui %{{.*}}, %[[N]] : i64
// CHECK: %[[PRODUCT:.*]] = arith.muli %[[QUOTIENT]], %[[N]] : i64
// CHECK: %[[REMAINDER:.*]] = arith.subi %{{.*}}, %[[PRODUCT]] : i64
// CHECK: %[[LAST:.*]] = arith.subi %{{.*}}, %{{.*}} : i64
// CHECK: %[[BACK:.*]] = arith.subi %[[LAST]], %[[QUOTIENT]] : i64
// CHECK: %[[TILE:.*]] = arith.index_cast %[[BACK]] : i64 to index
// CHECK: %[[BATCH:.*]] = arith.index_cast %{{.*}} : i64 to index
// CHECK-NOT: "test.first"
// CHECK: "test.second"(%[[BATCH]], %[[TILE]])

// CHECK-LABEL: func.func @f_plan(
// CHECK-SAME: attn.plan
// A stage whose condition does not hold has no tasks.
// CHECK: arith.select %{{.*}}, %{{.*}}, %{{.*}} : index

func.func @f(%q: memref<?x8x?x64xf32, strided<[?, ?, ?, 1]>>) attributes {attn.target = #attn.target<"x86-64-v3">} {
  %c0 = arith.constant 0 : index
  %c2 = arith.constant 2 : index
  %c3 = arith.constant 3 : index
  %batches = memref.dim %q, %c0 : memref<?x8x?x64xf32, strided<[?, ?, ?, 1]>>
  %length = memref.dim %q, %c2 : memref<?x8x?x64xf32, strided<[?, ?, ?, 1]>>
  %many = arith.cmpi sgt, %length, %c3 : index
  attn.parallel "first" (%b, %I) = (%batches, %c3) if %many {
    "test.first"(%b, %I, %batches) : (index, index, index) -> ()
  }
  attn.parallel "second" (%b, %I) = (%batches, %c3) order = longest_first {
    "test.second"(%b, %I) : (index, index) -> ()
  }
  return
}
