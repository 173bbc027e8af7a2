//===- Launch.cpp - one call of a kernel on a GPU -------------------------===//

#include "runtime/Arguments.h"
#include "runtime/attn_check.h"
#include "runtime/gpu/Modules.h"
#include "runtime/gpu/Workspaces.h"

using namespace attnrt;

namespace {

/// A call whose arguments have been checked and planned.
struct Prepared {
  const Driver *driver = nullptr;
  std::shared_ptr<DeviceModule> module;
  attn_plan plan;
};

} // namespace

/// What a launching thread keeps between calls.
static ArgumentBlock &argumentBlock() {
  thread_local ArgumentBlock block;
  return block;
}

static attn_status findModule(const attn_kernel *kernel, int device, Prepared &call) {
  if (!kernel)
    return fail(ATTN_INVALID_ARGUMENT, "expected a kernel, but got a null pointer");
  if (kernel->abi_version != ATTN_ABI_VERSION)
    return fail(ATTN_NOT_A_KERNEL,
                "expected a kernel of ABI version " + std::to_string(ATTN_ABI_VERSION) + ", but got " + std::to_string(kernel->abi_version));
  if (!attn_gpu_family_of(kernel))
    return fail(ATTN_INVALID_ARGUMENT, "kernel '" + std::string(kernel->name) + "': expected one for a GPU, but got one for " + kernel->target);
  if (attn_status status = Driver::get(call.driver))
    return status;
  return attnrt::findModule(*call.driver, kernel, device, call.module);
}

static attn_status prepare(const attn_kernel *kernel, const attn_value *values, int32_t count, int device, Prepared &call) {
  if (attn_status status = findModule(kernel, device, call))
    return status;
  ArgumentBlock &block = argumentBlock();
  if (attn_status status = packArguments(kernel, values, count, ArgumentSet::All, block))
    return status;
  char message[512];
  // Lengths lie on the device, where the host does not look: kernels clamp them.
  if (attn_check_views(kernel, block.data(), message, sizeof message))
    return fail(ATTN_INVALID_ARGUMENT, message);
  if (attn_status status = checkDistinct(kernel, values))
    return status;
  attn_gpu_plan(&call.module->get(), block.data(), &call.plan);
  return ATTN_OK;
}

static attn_status launch(Prepared &call, void *stream, void *workspace, int64_t bytes) {
  GpuError error;
  return error.check(attn_gpu_launch(&call.driver->core, &call.module->get(), argumentBlock().data(), &call.plan, stream, workspace, bytes, error));
}

static attn_status launchWithCache(Prepared &call, void *stream, bool isCaptured) {
  if (call.plan.workspace_bytes <= 0)
    return launch(call, stream, nullptr, 0);
  StreamWorkspace::Lease lease(*call.driver, call.module->get(), stream);
  void *workspace = nullptr;
  if (attn_status status = lease.reserve(call.plan.workspace_bytes, isCaptured, workspace))
    return status;
  return launch(call, stream, workspace, call.plan.workspace_bytes);
}

extern "C" attn_status attn_gpu_prepare(const attn_kernel *kernel, int device) {
  return guarded([&] {
    Prepared call;
    return findModule(kernel, device, call);
  });
}

extern "C" attn_status attn_gpu_workspace_bytes(const attn_kernel *kernel, const attn_value *values, int32_t count, int device, int64_t *bytes) {
  return guarded([&] {
    Prepared call;
    attn_status status = prepare(kernel, values, count, device, call);
    if (status == ATTN_OK)
      *bytes = call.plan.workspace_bytes;
    return status;
  });
}

extern "C" attn_status attn_launch_gpu(const attn_kernel *kernel, const attn_value *values, int32_t count, int device, void *stream, void *workspace,
                                       int64_t workspace_bytes) {
  return guarded([&] {
    Prepared call;
    if (attn_status status = prepare(kernel, values, count, device, call))
      return status;
    int capture = 0;
    ContextScope scope(*call.driver, call.module->get().context);
    if (int result = scope.result ? scope.result : call.driver->captureState(stream, &capture))
      return call.driver->refuse(result, "kernel '" + std::string(kernel->name) + "': cannot use the stream");
    if (capture)
      call.module->keep();
    return workspace ? launch(call, stream, workspace, workspace_bytes) : launchWithCache(call, stream, capture != 0);
  });
}

extern "C" attn_status attn_gpu_count(int *count) {
  return guarded([&] {
    const Driver *driver = nullptr;
    *count = 0;
    if (attn_status status = Driver::get(driver))
      return status;
    int result = driver->core.device_count(count);
    return result ? driver->refuse(result, "cannot count the GPUs") : ATTN_OK;
  });
}
