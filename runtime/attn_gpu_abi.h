/* attn_gpu_abi.h: what a compiled family of GPU kernels looks like in memory.
 *
 * Plain C, no dependency. A GPU bundle's object file defines one `attn_gpu_family` named NAME_gpu; it begins with the
 * `attn_kernel` of attn_abi.h, so that NAME_kernel is the same address. Whatever launches GPU kernels (the runtime library, the
 * C launcher of a bundle) works through this description and nothing else.
 *
 * TARGETS. A family holds its kernels for one or more targets, the least capable one first, each with PTX, a cubin or both. A
 * device of capability C (80 for 8.0) can run a target's cubin if it is of the target's major version and not below it, and its
 * PTX if it is not below it; both only if C is the target's capability where `exact` is set (sm_90a). The last target that the
 * device can run is taken: its cubin if that fits and the driver takes it, else its PTX.
 *
 * STAGES. The target's `plan` says how many tasks each stage has and how much workspace is needed, as for CPU kernels. Stages run
 * one after the other on one stream; one without tasks is left out. Several kernels may do the work of one stage: the first one
 * listed that takes the operands is launched. A kernel takes them if
 *   - all rows of all tensors of rank 4 begin at multiples of `alignment` bytes: the data, and every stride but the last,
 *     in bytes, are multiples of it (a dimension of size 1 and a tensor without elements do not count), and
 *   - each of its tensor maps can be made.
 * The last kernel of a stage has alignment 1 and no tensor maps.
 *
 * PARAMETERS of a kernel, in this order:
 *   - the argument block (attn_abi.h) by value,
 *   - the address of the workspace, 64 bits,
 *   - if it is persistent: the number of tasks, a 32-bit integer,
 *   - its tensor maps, one CUtensorMap of 128 bytes by value, aligned to 64 bytes, for each.
 * The grid has one block for each task; that of a persistent kernel has `persistent` blocks for each multiprocessor, or one for
 * each task if that is less.
 *
 * WORKSPACE. Its first ATTN_GPU_COUNTER_BYTES bytes are counters if the target uses any; they are part of plan.workspace_bytes.
 * They must be zero before the first launch that uses the memory, and kernels leave them zero. So launches that may run at the
 * same time need memory of their own. The address is a multiple of ATTN_BLOCK_ALIGNMENT.
 */
#ifndef ATTN_GPU_ABI_H
#define ATTN_GPU_ABI_H

#include "attn_abi.h"

#ifdef __cplusplus
extern "C" {
#endif

#define ATTN_GPU_ABI_VERSION 1
#define ATTN_GPU_COUNTER_BYTES 256
/* How many kernels one target may have, and tensor maps one kernel. */
#define ATTN_GPU_MAX_KERNELS 64
#define ATTN_GPU_MAX_MAPS 8

/* What a launch reports. The numbers are those of attn_status in attn.h. */
typedef enum attn_gpu_status {
  ATTN_GPU_OK = 0,
  ATTN_GPU_INVALID_ARGUMENT = 1, /* an argument breaks a rule, lies on another device, or the workspace is too small */
  ATTN_GPU_NOT_A_KERNEL = 3,     /* the driver takes neither the cubin nor the PTX */
  ATTN_GPU_UNSUPPORTED = 4,      /* no target of the family runs on the device */
  ATTN_GPU_OUT_OF_MEMORY = 7,
  ATTN_GPU_NO_DEVICE = 8,    /* no driver, no GPU, or none of this number */
  ATTN_GPU_LAUNCH_ERROR = 9, /* the driver refuses; the message says why */
} attn_gpu_status;

/* How the driver is told to copy boxes of a tensor [B, H, T, D] of 16-bit elements to shared memory: 128-byte swizzle, zeros outside.
 *   group == 1: dimensions (D, ceil((T - phase) / step), H, B), boxes of box_columns x box_rows x 1 x 1 elements;
 *   group > 1:  dimensions (D, group, ceil((T - phase) / step), H / group, B), boxes of
 *               box_columns x group x (box_rows / group) x 1 x 1;
 *   phase == -1: the kernel chooses one; dimensions (D, step, T / step, H, B), boxes of box_columns x 1 x box_rows x 1 x 1. Such a
 *               map cannot be made unless step divides T.
 * The rows are those at phase, phase + step, ... */
typedef struct attn_gpu_map {
  int32_t argument; /* index of the tensor in attn_kernel.args */
  int32_t group;    /* heads that lie together in a box: query heads that share a key head */
  int32_t step;
  int32_t phase; /* from 0 on, below step; or -1 */
  int32_t box_rows;
  int32_t box_columns;
} attn_gpu_map;

typedef struct attn_gpu_kernel {
  const char *symbol; /* in the PTX and the cubin */
  const char *name;   /* of the member of the family: "rows", "combine", ... */
  int32_t stage;      /* index in attn_plan.tasks */
  int32_t alignment;  /* bytes, a power of two */
  int32_t threads;    /* of a block */
  int32_t persistent; /* blocks for each multiprocessor; 0: one block for each task */
  int64_t shared_bytes;
  int32_t num_maps;
  int32_t is_dependent; /* not 0: it may be launched before the kernel before it in the stream has ended, for whose results it waits itself */
  const attn_gpu_map *maps;
} attn_gpu_kernel;

typedef struct attn_gpu_target {
  const char *name;   /* "sm_80", "sm_90a" */
  int32_t capability; /* 80, 90 */
  int32_t exact;      /* not 0: runs on devices of this very capability only */
  const char *ptx;    /* ends in a zero; null: none */
  int64_t ptx_bytes;  /* without that zero */
  const void *cubin;  /* null: none */
  int64_t cubin_bytes;
  void (*plan)(const void *args, attn_plan *plan);
  int32_t num_kernels;
  int32_t num_stages;
  const attn_gpu_kernel *kernels;
} attn_gpu_target;

/* `kernel.plan` is the first target's, `kernel.target` its name; `kernel.task` is null, which tells families from CPU kernels. */
typedef struct attn_gpu_family {
  attn_kernel kernel;
  int32_t gpu_abi_version; /* ATTN_GPU_ABI_VERSION */
  int32_t num_targets;
  int64_t argument_bytes; /* of the argument block */
  const attn_gpu_target *targets;
} attn_gpu_family;

/* The family that a kernel's description begins; null for CPU kernels. */
static inline const attn_gpu_family *attn_gpu_family_of(const attn_kernel *kernel) {
  return kernel->task ? 0 : (const attn_gpu_family *)(const void *)kernel;
}

#ifdef __cplusplus
}
#endif
#endif /* ATTN_GPU_ABI_H */
