/* fake_gpu.c: a family of GPU kernels written by hand against attn_gpu_abi.h, with the argument list of fake_kernel.c in bf16.
 *
 * sm_80: stage 0 has a kernel for rows at multiples of 16 bytes and one for all others; stage 1 has one. It takes B * H * Tq tasks,
 * and a workspace of 4 bytes for each. sm_90a: stage 0 has a persistent kernel with tensor maps, and one for all other operands.
 * The code is text that only fake_cuda.c takes.
 */
#include "runtime/attn_check.h"
#include "runtime/attn_gpu_abi.h"

enum { HEADS = 4, KEY_HEADS = 2, DIM = 8 };

typedef struct fake_args {
  attn_view q, k, v, lengths;
  float scale;
  int32_t unused;
  int64_t window;
  attn_view o, lse;
} fake_args;

#define ENTRY(name) ".entry " name "("
static const char ptx80[] = "// PTX " ENTRY("rows") ENTRY("rows_unaligned") ENTRY("combine");
static const char ptx90[] = "// PTX " ENTRY("persistent_maps") ENTRY("rows_unaligned");
static const char cubin[] = "\177ELF";

static void plan80(const void *block, attn_plan *plan) {
  const fake_args *args = (const fake_args *)block;
  plan->tasks[0] = args->q.shape[0] * HEADS * args->q.shape[2];
  plan->tasks[1] = args->q.shape[0];
  plan->workspace_bytes = ATTN_GPU_COUNTER_BYTES + plan->tasks[0] * 4;
  plan->scratch_bytes = 0;
}

static void plan90(const void *block, attn_plan *plan) {
  const fake_args *args = (const fake_args *)block;
  plan->tasks[0] = args->q.shape[0] * HEADS * ((args->q.shape[2] + 3) / 4);
  plan->workspace_bytes = 0;
  plan->scratch_bytes = 0;
}

/* Every second key from key 1 on, and the queries of a group of two heads together. */
static const attn_gpu_map maps[] = {{1, 1, 2, 1, 16, 8}, {0, 2, 1, 0, 32, 8}};
static const attn_gpu_kernel kernels80[] = {
    {"rows", "rows", 0, 16, 128, 0, 65536, 0, 0, 0},
    {"rows_unaligned", "rows", 0, 1, 128, 0, 65536, 0, 0, 0},
    {"combine", "combine", 1, 1, 64, 0, 1024, 0, 1, 0},
};
static const attn_gpu_kernel kernels90[] = {
    {"persistent_maps", "rows", 0, 16, 384, 2, 200000, 2, 0, maps},
    {"rows_unaligned", "rows", 0, 1, 128, 0, 0, 0, 0, 0},
};
static const attn_gpu_target targets[] = {
    {"sm_80", 80, 0, ptx80, sizeof ptx80 - 1, cubin, sizeof cubin - 1, plan80, 3, 2, kernels80},
    {"sm_90a", 90, 1, ptx90, sizeof ptx90 - 1, cubin, sizeof cubin - 1, plan90, 2, 1, kernels90},
};

static const char *const symbols[] = {"B", "Tq", "Tk"};
static const attn_arg_info infos[] = {
    {"q", ATTN_INPUT, ATTN_BF16, 4, {-1, HEADS, -1, DIM}, {0, -1, 1, -1}, -1, 0, -1},
    {"k", ATTN_INPUT, ATTN_BF16, 4, {-1, KEY_HEADS, -1, DIM}, {0, -1, 2, -1}, -1, 0, -1},
    {"v", ATTN_INPUT, ATTN_BF16, 4, {-1, KEY_HEADS, -1, DIM}, {0, -1, 2, -1}, -1, 0, -1},
    {"lengths", ATTN_INPUT, ATTN_I32, 1, {-1}, {0}, 2, 0, -1},
    {"scale", ATTN_SCALAR, ATTN_F32, 0, {0}, {0}, -1, ATTN_POSITIVE, -1},
    {"window", ATTN_SCALAR, ATTN_I64, 0, {0}, {0}, -1, ATTN_NOT_NEGATIVE, -1},
    {"o", ATTN_OUTPUT, ATTN_BF16, 4, {-1, HEADS, -1, DIM}, {0, -1, 1, -1}, -1, 0, -1},
    {"lse", ATTN_OUTPUT, ATTN_F32, 3, {-1, HEADS, -1}, {0, -1, 1}, -1, 0, -1},
};

extern const attn_gpu_family fake_gpu_gpu;
const attn_gpu_family fake_gpu_gpu = {
    {ATTN_ABI_VERSION, 8, 3, 2, "fake_gpu", "sm_80", "by hand", "0", infos, symbols, plan80, 0}, ATTN_GPU_ABI_VERSION, 2, sizeof(fake_args), targets};
/* The same address under the name that loaders look for. */
extern const attn_kernel fake_gpu_kernel __attribute__((alias("fake_gpu_gpu")));

int fake_gpu_check(const void *args, char *message, int64_t capacity) { return attn_check_views(&fake_gpu_gpu.kernel, args, message, capacity); }
