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

// Sections of at least 32 heads, as equal as they can be.
// CHECK-LABEL: @of_blocks
func.func @of_blocks(%k: !memory, %b: index, %h: index, %tiles: index, %zero: index) attributes {attn.target = #attn.target<"sm_80">} {
  // CHECK: %[[HEADS:.*]] = arith.divui %c20971520, %{{.*}}
  // CHECK: %[[LEAST:.*]] = arith.maxui %[[HEADS]], %c32
  // CHECK: %[[BATCHES:.*]] = arith.muli %{{.*}}, %arg1
  // CHECK: %[[POINTS:.*]] = arith.muli %[[BATCHES]], %arg2
  // CHECK: %[[FULL:.*]] = arith.divui %[[POINTS]], %[[LEAST]]
  // CHECK: %[[SECTIONS:.*]] = arith.maxui %[[FULL]], %c1
  // CHECK: %[[SIZE:.*]] = arith.ceildivui %[[POINTS]], %[[SECTIONS]]
  // CHECK: attn.parallel "rows" ({{.*}}) = ({{.*}}) order = longest_first sections(%[[SIZE]]) {
  attn.parallel "rows" (%i, %j, %I) = (%b, %h, %tiles) order = longest_first {
    %kv = attn.key_view %k[%i, %j] step = 1 phase(%zero) count(%tiles) : !memory -> !kv
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
