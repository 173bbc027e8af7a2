/* BundleSupport.c: the part of a CPU kernel that is the same for all of them.
 *
 * Compiled once, when attn is built, to LLVM bitcode, and linked into every kernel by the compiler; freestanding, so that an
 * object file has no dependency:
 *
 *   clang -std=c11 -Oz -ffreestanding -fPIC -fno-stack-protector -fno-asynchronous-unwind-tables -emit-llvm -c -I ROOT
 * BundleSupport.c
 *
 * The compiler defines `attn_support_stages` and `attn_bundle_kernel` (whose `task` is `attn_support_task`), renames every
 * `attn_bundle_X` to NAME_X and makes the rest internal.
 */
#include "runtime/attn_abi.h"
#include "runtime/attn_check.h"

#include <xmmintrin.h>

#pragma GCC visibility push(hidden)

/* One function for each stage of the kernel: the code of one task. */
typedef void (*attn_stage_fn)(const void *args, void *workspace, void *scratch, int64_t index);
extern const attn_stage_fn attn_support_stages[];

/* Round to nearest, all exceptions masked, denormal results and operands are zero. A peaked softmax makes denormals, and each
 * of them costs a microcode assist on some CPUs: a kernel a hundred times slower. */
#define ATTN_MXCSR 0x9fc0u

void attn_support_task(const void *args, void *workspace, void *scratch, int32_t stage, int64_t index) {
  unsigned saved = _mm_getcsr();
  _mm_setcsr(ATTN_MXCSR);
  attn_support_stages[stage](args, workspace, scratch, index);
  _mm_setcsr(saved);
}

/* The check is short work in a lot of code: being cold spares the compiler most of the effort, each time it compiles a kernel. */
__attribute__((cold)) int attn_support_check(const attn_kernel *kernel, const void *args, char *message, int64_t capacity) {
  return attn_check_block(kernel, args, message, capacity);
}

typedef struct attn_running_stage {
  const attn_kernel *kernel;
  const void *args;
  void *workspace;
  char *scratch;
  int64_t scratch_bytes;
  int32_t stage;
} attn_running_stage;

static void attn_support_body(void *state, int64_t index, int32_t worker) {
  const attn_running_stage *running = (const attn_running_stage *)state;
  running->kernel->task(running->args, running->workspace, running->scratch + worker * running->scratch_bytes, running->stage,
                        index);
}

int attn_support_run(const attn_kernel *kernel, const void *args, void *workspace, void *scratch,
                     attn_parallel_for parallel_for, void *context) {
  attn_plan plan;
  kernel->plan(args, &plan);
  attn_running_stage running = {kernel, args, workspace, (char *)scratch, plan.scratch_bytes, 0};
  for (; running.stage < kernel->num_stages; ++running.stage) {
    int64_t tasks = plan.tasks[running.stage];
    if (parallel_for && tasks > 1) {
      int status = parallel_for(context, tasks, attn_support_body, &running);
      if (status)
        return status;
    } else {
      for (int64_t index = 0; index < tasks; ++index)
        attn_support_body(&running, index, 0);
    }
  }
  return 0;
}

#pragma GCC visibility pop

/* What NAME.h declares; the compiler puts the bundle's name in place of attn_bundle. */
extern const attn_kernel attn_bundle_kernel;

int attn_bundle_check(const void *args, char *message, int64_t capacity) {
  return attn_support_check(&attn_bundle_kernel, args, message, capacity);
}

void attn_bundle_plan(const void *args, attn_plan *plan) { attn_bundle_kernel.plan(args, plan); }

int attn_bundle_run(const void *args, void *workspace, void *scratch, attn_parallel_for parallel_for, void *context) {
  return attn_support_run(&attn_bundle_kernel, args, workspace, scratch, parallel_for, context);
}
