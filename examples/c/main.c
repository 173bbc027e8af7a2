/* A bundle in a C program: attention without Python, LLVM or any library but libc.
 *
 * attention.h and attention.o were made by `attn-compile`. The kernel runs twice, on this thread alone and on threads of our
 * own, and both results are compared with the formula in plain C.
 */
#include "attention.h"

#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { B = 2, H = 4, HK = 2, TQ = 50, TK = 70, D = 8, WORKERS = 3 };

static float q[B][H][TQ][D], k[B][HK][TK][D], v[B][HK][TK][D], o[B][H][TQ][D], lse[B][H][TQ];
static int32_t lengths[B] = {70, 33};

static attn_view view(void *data, int rank, const int64_t *shape) {
  attn_view made = {.data = data};
  int64_t stride = 1;
  for (int d = rank - 1; d >= 0; --d) {
    made.shape[d] = shape[d];
    made.strides[d] = stride;
    stride *= shape[d];
  }
  return made;
}

static void *allocate(int64_t bytes) { return bytes ? aligned_alloc(ATTN_BLOCK_ALIGNMENT, (size_t)bytes) : NULL; }

/* ---- a parallel loop of our own: three threads that share a counter ---- */

typedef struct loop {
  int64_t count;
  attn_body body;
  void *state;
  atomic_llong next;
  atomic_int workers;
} loop;

static void *work(void *argument) {
  loop *shared = argument;
  int32_t worker = atomic_fetch_add(&shared->workers, 1);
  for (int64_t index; (index = atomic_fetch_add(&shared->next, 1)) < shared->count;)
    shared->body(shared->state, index, worker);
  return NULL;
}

static int parallel_for(void *context, int64_t count, attn_body body, void *state) {
  loop shared = {.count = count, .body = body, .state = state};
  pthread_t threads[WORKERS - 1];
  (void)context;
  for (int t = 0; t < WORKERS - 1; ++t)
    if (pthread_create(&threads[t], NULL, work, &shared))
      return 1;
  work(&shared);
  for (int t = 0; t < WORKERS - 1; ++t)
    pthread_join(threads[t], NULL);
  return 0;
}

/* ---- what must come out ---- */

static double largest_error(double scale, int64_t window) {
  double worst = 0;
  for (int row = 0; row < B * H * TQ; ++row) {
    int b = row / TQ / H, h = row / TQ % H, i = row % TQ;
    double sum = 0, out[D] = {0};
    for (int j = 0; j < lengths[b]; ++j) {
      double s = 0;
      for (int d = 0; d < D; ++d)
        s += (double)q[b][h][i][d] * k[b][h / (H / HK)][j][d];
      double p = j < i + TK - TQ - window ? 0 : exp(s * scale);
      sum += p;
      for (int d = 0; d < D; ++d)
        out[d] += p * v[b][h / (H / HK)][j][d];
    }
    for (int d = 0; d < D; ++d)
      worst = fmax(worst, fabs(o[b][h][i][d] - (sum > 0 ? out[d] / sum : 0)));
  }
  return worst;
}

static void fill(void *data, size_t bytes) {
  float *numbers = data;
  for (size_t n = 0; n < bytes / sizeof(float); ++n)
    numbers[n] = (float)rand() / (float)RAND_MAX * 2 - 1;
}

int main(void) {
  fill(q, sizeof q), fill(k, sizeof k), fill(v, sizeof v);
  attention_args args = {
      .q = view(q, 4, (int64_t[]){B, H, TQ, D}),
      .k = view(k, 4, (int64_t[]){B, HK, TK, D}),
      .v = view(v, 4, (int64_t[]){B, HK, TK, D}),
      .lengths = view(lengths, 1, (int64_t[]){B}),
      .scale = 0.35f,
      .window = 40,
      .o = view(o, 4, (int64_t[]){B, H, TQ, D}),
      .lse = view(lse, 3, (int64_t[]){B, H, TQ}),
  };
  char message[256];
  if (attention_check(&args, message, sizeof message)) {
    fprintf(stderr, "%s\n", message);
    return 1;
  }
  attn_plan plan;
  attention_plan(&args, &plan);
  void *workspace = allocate(plan.workspace_bytes), *scratch = allocate(plan.scratch_bytes * WORKERS);

  int wrong = attention_run(&args, workspace, scratch, NULL, NULL);
  double serial = largest_error(args.scale, args.window);
  memset(o, 0, sizeof o);
  wrong |= attention_run(&args, workspace, scratch, parallel_for, NULL);
  double parallel = largest_error(args.scale, args.window);
  printf("%s for %s: largest error %.1e alone, %.1e on %d threads\n", attention_kernel.name, attention_kernel.target, serial,
         parallel, WORKERS);

  /* What does not fit is refused before it is run. */
  args.v.shape[2] -= 1;
  wrong |= !attention_check(&args, message, sizeof message);
  printf("refused: %s\n", message);

  free(workspace);
  free(scratch);
  return wrong || !(serial < 1e-5) || !(parallel < 1e-5);
}
