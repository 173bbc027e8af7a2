//===- Modules.cpp - the kernels that devices hold ------------------------===//

#include "runtime/gpu/Modules.h"

#include <limits>
#include <map>
#include <tuple>
#include <vector>

using namespace attnrt;

namespace {

using Key = std::tuple<const attn_kernel *, int, const Driver *>;

struct Registry {
  std::mutex mutex;
  std::map<Key, std::shared_ptr<DeviceModule>> modules;
};

} // namespace

/// Never destroyed: kernels may be freed while the process exits.
static Registry &registry() {
  static auto *instance = new Registry;
  return *instance;
}

DeviceModule::~DeviceModule() {
  if (!isLoaded || isKept)
    return;
  ContextScope scope(driver, module.context);
  if (scope.result)
    return;
  driver.synchronize();
  driver.core.module_unload(module.module);
}

attn_status DeviceModule::load() {
  if (isLoaded.load(std::memory_order_acquire))
    return ATTN_OK;
  std::lock_guard<std::mutex> guard(mutex);
  if (isLoaded)
    return ATTN_OK;
  GpuError error;
  attn_status status = error.check(attn_gpu_load(&driver.core, family, device, &module, error));
  isLoaded.store(status == ATTN_OK, std::memory_order_release);
  return status;
}

attn_status attnrt::findModule(const Driver &driver, const attn_kernel *kernel, int device, std::shared_ptr<DeviceModule> &module) {
  {
    std::lock_guard<std::mutex> guard(registry().mutex);
    std::shared_ptr<DeviceModule> &entry = registry().modules[{kernel, device, &driver}];
    if (!entry)
      entry = std::make_shared<DeviceModule>(driver, attn_gpu_family_of(kernel), device);
    module = entry;
  }
  return module->load();
}

void attnrt::forgetModules(const attn_kernel *kernel) {
  std::vector<std::shared_ptr<DeviceModule>> unused;
  std::lock_guard<std::mutex> guard(registry().mutex);
  auto &modules = registry().modules;
  for (auto entry = modules.lower_bound({kernel, std::numeric_limits<int>::min(), nullptr});
       entry != modules.end() && std::get<0>(entry->first) == kernel;) {
    unused.push_back(std::move(entry->second));
    entry = modules.erase(entry);
  }
}
