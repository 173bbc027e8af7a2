//===- Modules.h - the kernels that devices hold ----------------*- C++ -*-===//

#ifndef ATTN_RUNTIME_GPU_MODULES_H
#define ATTN_RUNTIME_GPU_MODULES_H

#include "runtime/gpu/Driver.h"

#include <atomic>
#include <memory>
#include <mutex>

namespace attnrt {

/// The code of one family on one device. It is unloaded with this object, unless a captured graph may still run it.
class DeviceModule {
public:
  DeviceModule(const Driver &driver, const attn_gpu_family *family, int device) : driver(driver), family(family), device(device) {}
  DeviceModule(const DeviceModule &) = delete;
  ~DeviceModule();

  /// Loads the code unless that has been done. Whoever comes meanwhile waits.
  attn_status load();
  const attn_gpu_module &get() const { return module; }

  /// A graph holds a launch of it from now on.
  void keep() { isKept.store(true, std::memory_order_relaxed); }

private:
  const Driver &driver;
  const attn_gpu_family *family;
  const int device;
  attn_gpu_module module = {};
  std::mutex mutex;
  std::atomic<bool> isLoaded{false}, isKept{false};
};

/// The family's code on a device, loaded when first asked for.
attn_status findModule(const Driver &driver, const attn_kernel *kernel, int device, std::shared_ptr<DeviceModule> &module);

/// Unloads the kernel's code from all devices, once their work is done. Nothing happens for CPU kernels.
void forgetModules(const attn_kernel *kernel);

} // namespace attnrt

#endif // ATTN_RUNTIME_GPU_MODULES_H
