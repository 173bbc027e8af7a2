//===- Launch.cpp - one call of a kernel ----------------------------------===//

#include "runtime/Arguments.h"
#include "runtime/Memory.h"
#include "runtime/Status.h"
#include "runtime/Target.h"
#include "runtime/TaskPool.h"
#include "runtime/attn_check.h"
#include "runtime/attn_gpu_abi.h"

#include <algorithm>

using namespace attnrt;

namespace {

/// What a launching thread keeps between calls.
struct LaunchState {
  ArgumentBlock arguments;
  Block scratch, workspace;
  const attn_kernel *checked = nullptr; ///< this CPU can run it
};

struct RunningStage {
  const attn_kernel *kernel;
  const void *arguments;
  void *workspace;
  char *scratch;
  int64_t scratchBytes;
  int32_t stage;
};

} // namespace

static void runTask(void *state, int64_t index, int32_t worker) {
  const auto *running = static_cast<const RunningStage *>(state);
  running->kernel->task(running->arguments, running->workspace, running->scratch + worker * running->scratchBytes,
                        running->stage, index);
}

/// Only a kernel that is linked into the program has not been checked when it was loaded.
static attn_status checkKernel(const attn_kernel *kernel, LaunchState &state) {
  if (!kernel)
    return fail(ATTN_INVALID_ARGUMENT, "expected a kernel, but got a null pointer");
  if (state.checked == kernel)
    return ATTN_OK;
  if (kernel->abi_version != ATTN_ABI_VERSION)
    return fail(ATTN_NOT_A_KERNEL, "expected a kernel of ABI version " + std::to_string(ATTN_ABI_VERSION) + ", but got " +
                                       std::to_string(kernel->abi_version));
  if (attn_gpu_family_of(kernel))
    return fail(ATTN_INVALID_ARGUMENT,
                "kernel '" + std::string(kernel->name) + "': it is for a GPU (" + kernel->target + "): launch it with attn_launch_gpu");
  if (attn_status status = requireTarget("kernel '" + std::string(kernel->name) + "'", kernel->target))
    return status;
  state.checked = kernel;
  return ATTN_OK;
}

static attn_status runStages(const attn_kernel *kernel, LaunchState &state) {
  attn_plan plan = {};
  kernel->plan(state.arguments.data(), &plan);
  int64_t mostTasks = 0;
  for (int32_t stage = 0; stage < kernel->num_stages; ++stage)
    mostTasks = std::max(mostTasks, plan.tasks[stage]);
  if (mostTasks == 0)
    return ATTN_OK;

  TaskPool::Lease lease(TaskPool::get(), mostTasks);
  int64_t scratchBytes = 0;
  bool tooLarge = __builtin_mul_overflow(plan.scratch_bytes, lease.workers(), &scratchBytes);
  void *scratch = tooLarge ? nullptr : state.scratch.reserve(scratchBytes);
  void *workspace = state.workspace.reserve(plan.workspace_bytes);
  if ((!scratch && plan.scratch_bytes > 0) || (!workspace && plan.workspace_bytes > 0))
    return fail(ATTN_OUT_OF_MEMORY, "kernel '" + std::string(kernel->name) + "': cannot get " +
                                        std::to_string(plan.workspace_bytes) + " bytes of workspace and " +
                                        std::to_string(lease.workers()) + " times " + std::to_string(plan.scratch_bytes) +
                                        " bytes of scratch memory");
  RunningStage running = {kernel, state.arguments.data(), workspace, static_cast<char *>(scratch), plan.scratch_bytes, 0};
  for (; running.stage < kernel->num_stages; ++running.stage)
    lease.run(plan.tasks[running.stage], runTask, &running);
  return ATTN_OK;
}

extern "C" attn_status attn_launch(const attn_kernel *kernel, const attn_value *values, int32_t count) {
  return guarded([&] {
    thread_local LaunchState state;
    if (attn_status status = checkKernel(kernel, state))
      return status;
    if (attn_status status = packArguments(kernel, values, count, ArgumentSet::All, state.arguments))
      return status;
    char message[512];
    if (attn_check_block(kernel, state.arguments.data(), message, sizeof message))
      return fail(ATTN_INVALID_ARGUMENT, message);
    if (attn_status status = checkDistinct(kernel, values))
      return status;
    attn_status status = runStages(kernel, state);
    state.scratch.trim();
    state.workspace.trim();
    return status;
  });
}
