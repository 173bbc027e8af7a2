/* attn_abi.h: what a compiled kernel looks like in memory; what is said of tasks and memory is about CPU kernels.
 *
 * Plain C, no dependency. A bundle's object file defines one `attn_kernel` named NAME_kernel; everything that loads kernels
 * (the runtime library, the on-disk cache, the C functions inside a bundle) works through this description and nothing else.
 *
 * ARGUMENT BLOCK. A kernel receives one pointer to 64-bit words: for each argument, in the order of `attn_kernel.args`,
 *   - a tensor: one `attn_view`, 9 words, whatever its rank (the first `rank` entries of shape and strides count),
 *   - a scalar: one word. Its dtype is i32 or i64 (both as int64), f32 (in the low four bytes) or f64.
 * Inputs come first, in the order of the description's arguments; then one tensor for each result.
 *
 * EXECUTION. `plan` reads sizes and scalars from the argument block and says how many tasks each stage has and how much memory
 * is needed. Stages run one after the other; the tasks of one stage are independent and may run in any order on any thread, the
 * first ones being the longest. Each concurrently running task needs a scratch block of its own; all share one workspace.
 * Memory comes from the caller, aligned to ATTN_BLOCK_ALIGNMENT; its contents need not be initialised. A task sets the
 * floating-point state it needs (round to nearest, denormals are zero) and restores the caller's.
 *
 * SHARED OBJECTS. The description of kernel NAME is exported as NAME_kernel, where NAME is `attn_kernel.name`.
 */
#ifndef ATTN_ABI_H
#define ATTN_ABI_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define ATTN_ABI_VERSION 1
#define ATTN_MAX_RANK 4
#define ATTN_MAX_STAGES 32
/* Alignment in bytes of every scratch and workspace block handed to a kernel. */
#define ATTN_BLOCK_ALIGNMENT 64

typedef enum attn_dtype {
  ATTN_F32 = 0,
  ATTN_BF16 = 1,
  ATTN_F16 = 2,
  ATTN_F64 = 3,
  ATTN_I32 = 4,
  ATTN_I64 = 5, /* also `index` */
} attn_dtype;

typedef enum attn_arg_role {
  ATTN_INPUT = 0,  /* tensor that is only read */
  ATTN_OUTPUT = 1, /* tensor that is only written */
  ATTN_SCALAR = 2, /* one number, passed by value */
} attn_arg_role;

/* What a scalar must satisfy. */
typedef enum attn_value_rule {
  ATTN_ANY_VALUE = 0,
  ATTN_POSITIVE = 1,     /* finite and above zero: a scale, the limit of a soft-cap */
  ATTN_NOT_NEGATIVE = 2, /* a window, a prefix */
} attn_value_rule;

/* A strided tensor. Strides count elements, not bytes. */
typedef struct attn_view {
  void *data;
  int64_t shape[ATTN_MAX_RANK];
  int64_t strides[ATTN_MAX_RANK];
} attn_view;

typedef struct attn_arg_info {
  const char *name; /* "q", "k", "lengths", "o", ... */
  int32_t role;     /* attn_arg_role */
  int32_t dtype;    /* attn_dtype */
  int32_t rank;     /* 0 for scalars */
  /* Static size of each dimension, -1 where it is dynamic. */
  int64_t shape[ATTN_MAX_RANK];
  /* For a dynamic dimension the index of its symbol in attn_kernel.symbols: dimensions of one symbol must be equal. Else -1. */
  int32_t symbol[ATTN_MAX_RANK];
  /* An integer tensor's elements must lie in [0, size of this symbol]; -1: no such bound. */
  int32_t value_bound;
  /* attn_value_rule of a scalar. */
  int32_t value_rule;
  /* An integer tensor's elements must lie in [0, this number], as where the number of keys is static; -1: no such bound. */
  int64_t value_limit;
} attn_arg_info;

typedef struct attn_plan {
  int64_t scratch_bytes;   /* for each task that runs at the same time; a multiple of ATTN_BLOCK_ALIGNMENT */
  int64_t workspace_bytes; /* shared by all tasks of one call */
  int64_t tasks[ATTN_MAX_STAGES];
} attn_plan;

typedef struct attn_kernel {
  int32_t abi_version; /* ATTN_ABI_VERSION */
  int32_t num_args;
  int32_t num_symbols;
  int32_t num_stages;
  const char *name;
  const char *target;      /* "x86-64-v4+avx512bf16", ... */
  const char *compiler;    /* version of the compiler that made it */
  const char *source_hash; /* of description, entry and target, hexadecimal */
  const attn_arg_info *args;
  const char *const *symbols; /* "B", "Tq", "Tk", ... */
  void (*plan)(const void *args, attn_plan *plan);
  void (*task)(const void *args, void *workspace, void *scratch, int32_t stage, int64_t index); /* null: for GPUs, see attn_gpu_abi.h */
} attn_kernel;

/* One task of a parallel loop. */
typedef void (*attn_body)(void *state, int64_t index, int32_t worker);

/* A parallel loop that the caller of a bundle brings: calls body(state, index, worker) once for each index in [0, count), on
 * any thread, handing out low indices first, and returns when all calls have returned. Two calls that run at the same time have
 * different worker numbers, and each worker number is below the number of scratch blocks that the caller provides. Returns 0;
 * another value ends the run and is passed on. */
typedef int (*attn_parallel_for)(void *context, int64_t count, attn_body body, void *state);

#ifdef __cplusplus
}
#endif
#endif /* ATTN_ABI_H */
