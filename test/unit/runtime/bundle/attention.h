/* attention.h: made by attn 0.1.0 from attention.mlir, function attention, for x86-64. Do not edit.
 *
 * Fill attention_args, check them, plan, provide memory, run:
 *
 *   attn_plan plan;
 *   if (attention_check(&args, message, sizeof message)) ...
 *   attention_plan(&args, &plan);
 *   attention_run(&args, workspace, scratch, NULL, NULL);
 *
 * with plan.workspace_bytes bytes of workspace and plan.scratch_bytes bytes of scratch memory for each worker (one without a
 * parallel-for), both aligned to ATTN_BLOCK_ALIGNMENT. Nothing is allocated and no thread is started. All functions may be
 * called from any thread; calls at the same time need memory of their own.
 */
#ifndef ATTN_BUNDLE_ATTENTION_H
#define ATTN_BUNDLE_ATTENTION_H

#include "attn_abi.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Sizes that have one name must be equal. Strides count elements; the last dimension must be contiguous. */
typedef struct attention_args {
  attn_view q;       /* input  f32 [B, 4, Tq, 8] */
  attn_view k;       /* input  f32 [B, 2, Tk, 8] */
  attn_view v;       /* input  f32 [B, 2, Tk, 8] */
  attn_view lengths; /* input  i32 [B], each from 0 to Tk */
  float scale;       /* above zero */
  uint32_t scale_unused;
  int64_t window; /* not below zero */
  attn_view o;    /* output f32 [B, 4, Tq, 8] */
  attn_view lse;  /* output f32 [B, 4, Tq] */
} attention_args;

/* The kernel's description; attn_launch takes it too. */
extern const attn_kernel attention_kernel;

/* 0 if the arguments fit; else 1 and a message of at most `capacity` bytes that names the argument and the rule. */
int attention_check(const attention_args *args, char *message, int64_t capacity);

/* How many tasks each stage has, and how much memory is needed. */
void attention_plan(const attention_args *args, attn_plan *plan);

/* Runs the kernel on arguments that fit. `parallel_for` runs the tasks of a stage on the caller's threads; with NULL they run
 * one after the other. `context` is handed to it. Returns 0, or what parallel_for returned. */
int attention_run(const attention_args *args, void *workspace, void *scratch, attn_parallel_for parallel_for, void *context);

#ifdef __cplusplus
}
#endif
#endif /* ATTN_BUNDLE_ATTENTION_H */
