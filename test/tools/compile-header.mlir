// The header: the argument block as a struct that says what each argument is.

// RUN: rm -rf %t && attn-compile %s --entry=layer --target=x86-64 -o %t && FileCheck %s < %t/layer.h
// RUN: cc -std=c11 -Wall -Wextra -Wpedantic -Werror -fsyntax-only -x c -I %t %t/layer.h
// RUN: attn-compile %s --entry=layer --target=x86-64-v3,x86-64 -o %t && FileCheck %s --check-prefix=SEVERAL < %t/layer.h
// RUN: attn-compile %s "--entry=it's 1 *name/" --target=x86-64 -o %t && FileCheck %s --check-prefix=NAME < %t/it_s_1__name_.h
// RUN: cc -std=c11 -Wall -Wextra -Wpedantic -Werror -fsyntax-only -x c -I %t %t/it_s_1__name_.h

// CHECK: /* layer.h: made by attn {{.*}} (LLVM 22.{{.*}}) from compile-header.mlir, function layer, for x86-64. Do not edit.
// CHECK: memory of their own.
// CHECK-NEXT: */
// CHECK: #ifndef ATTN_BUNDLE_LAYER_H
// CHECK: #include "attn_abi.h"
// CHECK: /* Sizes that have one name must be equal: B batch entries, Tq query rows.
// CHECK: typedef struct layer_args {
// CHECK-NEXT: attn_view q; /* input bf16 [B, 8, Tq, 16], queries */
// CHECK-NEXT: attn_view k; /* input bf16 [B, 2, 64, 16], keys */
// CHECK-NEXT: attn_view v; /* input bf16 [B, 2, 64, 24], values */
// CHECK-NEXT: attn_view lengths; /* input i32 [B], how many keys of each batch entry count, each from 0 to 64 */
// CHECK-NEXT: attn_view offset; /* input i32 [B], absolute position of query row 0 */
// CHECK-NEXT: float scale; /* factor of the scores, above zero */
// CHECK-NEXT: uint32_t scale_unused;
// CHECK-NEXT: int64_t int_; /* not below zero */
// CHECK-NEXT: int64_t X;
// CHECK-NEXT: attn_view o; /* output f32 [B, 8, Tq, 24], output */
// CHECK-NEXT: attn_view row_max; /* output f32 [B, 8, Tq], largest score of each row */
// CHECK-NEXT: } layer_args;
// CHECK: extern const attn_kernel layer_kernel;
// CHECK: int layer_check(const layer_args *args, char *message, int64_t capacity);
// CHECK: void layer_plan(const layer_args *args, attn_plan *plan);
// CHECK: int layer_run(const layer_args *args, void *workspace, void *scratch, attn_parallel_for parallel_for, void *context);

// SEVERAL: function layer, for x86-64, x86-64-v3. Do not edit.
// SEVERAL: The best one that the CPU can run is taken, at run time; the CPU must offer at
// SEVERAL-NEXT: least x86-64.

// NAME: function it's 1 ?name/, for x86-64.
// NAME: } it_s_1__name__args;

func.func @layer(%q: tensor<?x8x?x16xbf16>, %k: tensor<?x2x64x16xbf16>, %v: tensor<?x2x64x24xbf16>, %lengths: tensor<?xi32>, %offset: tensor<?xi32>,
                 %scale: f32, %window: index, %free: index) -> (tensor<?x8x?x24xf32>, tensor<?x8x?xf32>) {
  %o, %max = attn.attention %q, %k, %v
      mask = #attn.all_of<[#attn.window<left = int>, #attn.set<"(b, h, i, j)[Tq, Tk, X] : (i - j + X >= 0)">]>
      scale(%scale) lengths(%lengths : tensor<?xi32>) offset(%offset : tensor<?xi32>) symbols(int = %window, X = %free)
    : tensor<?x8x?x16xbf16>, tensor<?x2x64x16xbf16>, tensor<?x2x64x24xbf16> -> tensor<?x8x?x24xf32>, row_max : tensor<?x8x?xf32>
  return %o, %max : tensor<?x8x?x24xf32>, tensor<?x8x?xf32>
}

func.func @"it's 1 *name/"(%q: tensor<1x1x?x8xf32>) -> tensor<1x1x?x8xf32> {
  %o = attn.attention %q, %q, %q : tensor<1x1x?x8xf32>, tensor<1x1x?x8xf32>, tensor<1x1x?x8xf32> -> tensor<1x1x?x8xf32>
  return %o : tensor<1x1x?x8xf32>
}
