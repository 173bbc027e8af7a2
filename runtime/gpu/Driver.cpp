//===- Driver.cpp - the CUDA driver, loaded at run time -------------------===//

#include "runtime/gpu/Driver.h"

#include <map>
#include <memory>
#include <mutex>

using namespace attnrt;

// The C part has status numbers of its own, so that bundles need no other header.
static_assert(int(ATTN_GPU_INVALID_ARGUMENT) == int(ATTN_INVALID_ARGUMENT) && int(ATTN_GPU_NOT_A_KERNEL) == int(ATTN_NOT_A_KERNEL) &&
              int(ATTN_GPU_UNSUPPORTED) == int(ATTN_UNSUPPORTED_TARGET) && int(ATTN_GPU_OUT_OF_MEMORY) == int(ATTN_OUT_OF_MEMORY) &&
              int(ATTN_GPU_NO_DEVICE) == int(ATTN_NO_DEVICE) && int(ATTN_GPU_LAUNCH_ERROR) == int(ATTN_LAUNCH_ERROR));

template <typename Function> static bool find(const attn_gpu_driver &core, const char *name, Function &function) {
  function = reinterpret_cast<Function>(dlsym(core.library, name));
  return function != nullptr;
}

static attn_status open(Driver &driver) {
  GpuError error;
  if (attn_status status = error.check(attn_gpu_open(&driver.core, error)))
    return status;
  if (find(driver.core, "cuMemAlloc_v2", driver.allocate) && find(driver.core, "cuMemFree_v2", driver.release) &&
      find(driver.core, "cuMemsetD8Async", driver.fill) && find(driver.core, "cuMemcpyHtoD_v2", driver.copyToDevice) &&
      find(driver.core, "cuMemcpyDtoH_v2", driver.copyFromDevice) && find(driver.core, "cuCtxSynchronize", driver.synchronize) &&
      find(driver.core, "cuStreamIsCapturing", driver.captureState))
    return ATTN_OK;
  return fail(ATTN_NO_DEVICE, "no NVIDIA GPU can be used: the CUDA driver lacks a function for memory or streams");
}

attn_status Driver::get(const Driver *&driver) {
  // By path, so that a process whose environment changes gets what it asks for. Never destroyed: launches may happen while the process exits.
  static auto *mutex = new std::mutex;
  static auto *opened = new std::map<std::string, std::unique_ptr<Driver>>;
  const char *chosen = std::getenv("ATTN_CUDA_DRIVER");
  std::lock_guard<std::mutex> guard(*mutex);
  std::unique_ptr<Driver> &entry = (*opened)[chosen ? chosen : ""];
  if (!entry) {
    auto candidate = std::make_unique<Driver>();
    if (attn_status status = open(*candidate))
      return status;
    entry = std::move(candidate);
  }
  driver = entry.get();
  return ATTN_OK;
}

attn_status Driver::getCapability(int device, int &capability) const {
  GpuError error;
  int handle = 0;
  return error.check(attn_gpu_find_device(&core, device, &handle, &capability, error));
}

attn_status Driver::refuse(int result, const std::string &what) const {
  return fail(result == ATTN_CU_OUT_OF_MEMORY ? ATTN_OUT_OF_MEMORY : ATTN_LAUNCH_ERROR,
              what + ": the CUDA driver reports error " + std::to_string(result) + ", " + attn_gpu_describe(&core, result));
}
