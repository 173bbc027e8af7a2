//===- Kernels.cpp - the kernels that this process has loaded -------------===//

#include "runtime/Kernels.h"
#include "runtime/gpu/Modules.h"

#include <map>
#include <mutex>
#include <pthread.h>
#include <unordered_map>

using namespace attnrt;

namespace {

struct Entry {
  LoadedKernel loaded;
  int users = 0;
  Hash key = {};
  bool compiled = false;
};

/// Never destroyed: kernels may be freed while the process exits.
struct Registry {
  std::mutex mutex;
  std::unordered_map<const attn_kernel *, Entry> entries;
  std::map<Hash, const attn_kernel *> compiled;
};

} // namespace

static Registry &registry() {
  static Registry &instance = [&]() -> Registry & {
    static auto *created = new Registry;
    // Nobody else may hold the lock when the process is copied, or the child would wait for it forever.
    pthread_atfork([] { created->mutex.lock(); }, [] { created->mutex.unlock(); }, [] { created->mutex.unlock(); });
    return *created;
  }();
  return instance;
}

static void release(const LoadedKernel &loaded) {
  if (loaded.release)
    loaded.release(loaded.handle);
}

const attn_kernel *attnrt::findCompiled(const Hash &key) {
  std::lock_guard<std::mutex> guard(registry().mutex);
  auto found = registry().compiled.find(key);
  if (found == registry().compiled.end())
    return nullptr;
  ++registry().entries[found->second].users;
  return found->second;
}

const attn_kernel *attnrt::keepKernel(LoadedKernel loaded, const Hash *key) {
  LoadedKernel surplus;
  const attn_kernel *kernel = loaded.kernel;
  {
    std::lock_guard<std::mutex> guard(registry().mutex);
    if (key)
      kernel = registry().compiled.try_emplace(*key, kernel).first->second;
    Entry &entry = registry().entries[kernel];
    // Loaded before, by another thread or from the same file: one handle is enough.
    (entry.users++ == 0 ? entry.loaded : surplus) = loaded;
    if (key) {
      entry.key = *key;
      entry.compiled = true;
    }
  }
  release(surplus);
  return kernel;
}

extern "C" void attn_free(const attn_kernel *kernel) {
  LoadedKernel unused;
  {
    std::lock_guard<std::mutex> guard(registry().mutex);
    auto found = registry().entries.find(kernel);
    if (found == registry().entries.end() || --found->second.users > 0)
      return;
    if (found->second.compiled)
      registry().compiled.erase(found->second.key);
    unused = found->second.loaded;
    registry().entries.erase(found);
  }
  if (unused.kernel)
    forgetModules(unused.kernel);
  release(unused);
}
