/* fake_kernel.c: a kernel in plain C, written by hand against attn_abi.h, that stands in for compiled ones in the tests.
 *
 * Attention of 4 query heads over 2 key heads with key lengths per batch row, a run-time scale and a window on the left:
 *   o = softmax(scale * q k^T) v over keys j < lengths[b] with j >= i + Tk - Tq - window; a row without keys gives o = 0, lse =
 * -inf. Stage 0 finds lse, stage 1 makes o from it, so that the second stage needs what all tasks of the first one left in the
 * workspace. With FAKE_BF16 the element type is bf16 and the kernel is named fake_bf16. Linked with
 * codegen/cpu/BundleSupport.c.
 */
#include "runtime/attn_abi.h"

#include <math.h>
#include <string.h>

enum { Q, K, V, LENGTHS, SCALE, WINDOW, O, LSE, NUM_ARGS };
enum { HEADS = 4, KEY_HEADS = 2, DIM = 8 };

#ifdef FAKE_BF16
#define FAKE_DTYPE ATTN_BF16
#define FAKE_NAME "fake_bf16"
typedef uint16_t element;
static float to_float(element x) {
  uint32_t bits = (uint32_t)x << 16;
  float f;
  memcpy(&f, &bits, 4);
  return f;
}
static element from_float(float f) {
  uint32_t bits;
  memcpy(&bits, &f, 4);
  return (element)((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}
#else
#define FAKE_DTYPE ATTN_F32
#define FAKE_NAME "fake"
typedef float element;
static float to_float(element x) { return x; }
static element from_float(float f) { return f; }
#endif

#ifndef FAKE_TARGET
#define FAKE_TARGET "x86-64"
#endif

typedef struct fake_args {
  attn_view q, k, v, lengths;
  float scale;
  int32_t unused;
  int64_t window;
  attn_view o, lse;
} fake_args;

static element *at(const attn_view *view, int64_t b, int64_t h, int64_t t) {
  return (element *)view->data + b * view->strides[0] + h * view->strides[1] + t * view->strides[2];
}

static void find_keys(const fake_args *args, int64_t b, int64_t i, int64_t *begin, int64_t *end) {
  *end = ((const int32_t *)args->lengths.data)[b * args->lengths.strides[0]];
  *begin = i + args->k.shape[2] - args->q.shape[2] - args->window;
  if (*begin < 0)
    *begin = 0;
}

static float score(const fake_args *args, int64_t b, int64_t h, int64_t i, int64_t j) {
  const element *q = at(&args->q, b, h, i), *k = at(&args->k, b, h / 2, j);
  float sum = 0;
  for (int d = 0; d < DIM; ++d)
    sum += to_float(q[d]) * to_float(k[d]);
  return sum * args->scale;
}

static void find_lse(const void *block, void *workspace, void *scratch, int64_t index) {
  const fake_args *args = (const fake_args *)block;
  int64_t rows = args->q.shape[2], i = index % rows, h = index / rows % HEADS, b = index / rows / HEADS, begin, end;
  float *exponents = (float *)scratch, max = -INFINITY, sum = 0;
  find_keys(args, b, i, &begin, &end);
  for (int64_t j = begin; j < end; ++j) {
    exponents[j] = score(args, b, h, i, j);
    max = fmaxf(max, exponents[j]);
  }
  for (int64_t j = begin; j < end; ++j)
    sum += expf(exponents[j] - max);
  float lse = begin < end ? max + logf(sum) : -INFINITY;
  ((float *)workspace)[index] = lse;
  ((float *)args->lse.data)[b * args->lse.strides[0] + h * args->lse.strides[1] + i] = lse;
}

static void make_output(const void *block, void *workspace, void *scratch, int64_t index) {
  const fake_args *args = (const fake_args *)block;
  int64_t rows = args->q.shape[2], i = index % rows, h = index / rows % HEADS, b = index / rows / HEADS, begin, end;
  float sum[DIM] = {0};
  (void)scratch;
  find_keys(args, b, i, &begin, &end);
  for (int64_t j = begin; j < end; ++j) {
    float p = expf(score(args, b, h, i, j) - ((const float *)workspace)[index]);
    for (int d = 0; d < DIM; ++d)
      sum[d] += p * to_float(at(&args->v, b, h / 2, j)[d]);
  }
  for (int d = 0; d < DIM; ++d)
    at(&args->o, b, h, i)[d] = from_float(sum[d]);
}

typedef void (*attn_stage_fn)(const void *args, void *workspace, void *scratch, int64_t index);
const attn_stage_fn attn_support_stages[] = {find_lse, make_output};

static void plan(const void *block, attn_plan *plan) {
  const fake_args *args = (const fake_args *)block;
  int64_t tasks = args->q.shape[0] * HEADS * args->q.shape[2];
  plan->scratch_bytes = (args->k.shape[2] * 4 + 63) / 64 * 64;
  plan->workspace_bytes = (tasks * 4 + 63) / 64 * 64;
  plan->tasks[0] = plan->tasks[1] = tasks;
}

static const char *const symbols[] = {"B", "Tq", "Tk"};
static const attn_arg_info infos[NUM_ARGS] = {
    {"q", ATTN_INPUT, FAKE_DTYPE, 4, {-1, HEADS, -1, DIM}, {0, -1, 1, -1}, -1, 0, -1},
    {"k", ATTN_INPUT, FAKE_DTYPE, 4, {-1, KEY_HEADS, -1, DIM}, {0, -1, 2, -1}, -1, 0, -1},
    {"v", ATTN_INPUT, FAKE_DTYPE, 4, {-1, KEY_HEADS, -1, DIM}, {0, -1, 2, -1}, -1, 0, -1},
    {"lengths", ATTN_INPUT, ATTN_I32, 1, {-1}, {0}, 2, 0, -1},
    {"scale", ATTN_SCALAR, ATTN_F32, 0, {0}, {0}, -1, ATTN_POSITIVE, -1},
    {"window", ATTN_SCALAR, ATTN_I64, 0, {0}, {0}, -1, ATTN_NOT_NEGATIVE, -1},
    {"o", ATTN_OUTPUT, FAKE_DTYPE, 4, {-1, HEADS, -1, DIM}, {0, -1, 1, -1}, -1, 0, -1},
    {"lse", ATTN_OUTPUT, ATTN_F32, 3, {-1, HEADS, -1}, {0, -1, 1}, -1, 0, -1},
};

void attn_support_task(const void *args, void *workspace, void *scratch, int32_t stage, int64_t index);

extern const attn_kernel attn_bundle_kernel;
const attn_kernel attn_bundle_kernel = {
    ATTN_ABI_VERSION, NUM_ARGS, 3, 2, FAKE_NAME, FAKE_TARGET, "by hand", "0", infos, symbols, plan, attn_support_task,
};
