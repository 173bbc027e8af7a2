//===- Memory.cpp - memory of a device ------------------------------------===//

#include "runtime/gpu/Driver.h"

using namespace attnrt;

/// Calls `body(driver)`, which returns what the driver says, with the device's primary context current.
template <typename Body> static attn_status onDevice(int device, const std::string &what, Body &&body) {
  return guarded([&] {
    const Driver *driver = nullptr;
    if (attn_status status = Driver::get(driver))
      return status;
    GpuError error;
    int handle = 0, capability = 0;
    if (attn_status status = error.check(attn_gpu_find_device(&driver->core, device, &handle, &capability, error)))
      return status;
    void *context = nullptr;
    // Kept for as long as the process lives, like those of modules.
    if (int result = driver->core.context_retain(&context, handle))
      return driver->refuse(result, what);
    ContextScope scope(*driver, context);
    int result = scope.result ? scope.result : body(*driver);
    return result ? driver->refuse(result, what) : ATTN_OK;
  });
}

static uint64_t addressOf(const void *memory) { return reinterpret_cast<uintptr_t>(memory); }

extern "C" attn_status attn_gpu_allocate(int device, int64_t bytes, void **memory) {
  uint64_t address = 0;
  attn_status status = onDevice(device, "cannot get " + std::to_string(bytes) + " bytes of GPU " + std::to_string(device),
                                [&](const Driver &driver) { return driver.allocate(&address, bytes > 0 ? static_cast<size_t>(bytes) : 1); });
  *memory = reinterpret_cast<void *>(static_cast<uintptr_t>(address));
  return status;
}

extern "C" attn_status attn_gpu_release(int device, void *memory) {
  return onDevice(device, "cannot give memory back", [&](const Driver &driver) { return memory ? driver.release(addressOf(memory)) : 0; });
}

extern "C" attn_status attn_gpu_copy_to(int device, void *to, const void *from, int64_t bytes) {
  return onDevice(device, "cannot copy to the GPU", [&](const Driver &driver) {
    int result = driver.synchronize();
    return result || bytes <= 0 ? result : driver.copyToDevice(addressOf(to), from, static_cast<size_t>(bytes));
  });
}

extern "C" attn_status attn_gpu_copy_from(int device, void *to, const void *from, int64_t bytes) {
  return onDevice(device, "cannot copy from the GPU", [&](const Driver &driver) {
    int result = driver.synchronize();
    return result || bytes <= 0 ? result : driver.copyFromDevice(to, addressOf(from), static_cast<size_t>(bytes));
  });
}

extern "C" attn_status attn_gpu_wait(int device) {
  return onDevice(device, "a kernel failed on GPU " + std::to_string(device), [&](const Driver &driver) { return driver.synchronize(); });
}
