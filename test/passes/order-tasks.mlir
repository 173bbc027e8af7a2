// RUN: attn-opt %s --pass-pipeline='builtin.module(func.func(attn-order-tasks))' | FileCheck %s

!memory = memref<?x8x?x64xbf16>
!kv = !attn.view<[j, d: 64] x bf16>

// A head's keys have 128 bytes a row, which many heads of a short sequence fit.
// CHECK-LABEL: @on_a_gpu
func.func @on_a_gpu(%k: !memory, %n: index, %zero: index) attributes {attn.target = #attn.target<"sm_90a">} {
  // CHECK: %[[ROWS:.*]] = memref.dim %arg0
  // CHECK: %[[BYTES:.*]] = arith.muli %[[ROWS]], %c128
  // CHECK: %[[HEADS:.*]] = arith.divui %c33554432, %{{.*}}
  // CHECK: %[[SECTION:.*]] = arith.maxui %[[HEADS]], %c1
  // CHECK: attn.parallel "rows" ({{.*}}) = ({{.*}}) order = longest_first sections(%[[SECTION]]) {
  attn.parallel "rows" (%b, %h, %I) = (%n, %n, %n) order = longest_first {
    %kv = attn.key_view %k[%b, %h] step = 1 phase(%zero) count(%n) : !memory -> !kv
  }
  // Equal tasks follow each other by heads as they are.
  // CHECK: attn.parallel "equal" (%{{.*}}, %{{.*}}, %{{.*}}) = (%{{.*}}, %{{.*}}, %{{.*}}) {
  attn.parallel "equal" (%b, %h, %I) = (%n, %n, %n) {
    %kv = attn.key_view %k[%b, %h] step = 1 phase(%zero) count(%n) : !memory -> !kv
  }
  return
}

// CHECK-LABEL: @on_a_cpu
func.func @on_a_cpu(%k: !memory, %n: index, %zero: index) attributes {attn.target = #attn.target<"x86-64-v3">} {
  // CHECK: order = longest_first {
  attn.parallel "rows" (%b, %h, %I) = (%n, %n, %n) order = longest_first {
    %kv = attn.key_view %k[%b, %h] step = 1 phase(%zero) count(%n) : !memory -> !kv
  }
  return
}
