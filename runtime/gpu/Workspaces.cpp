//===- Workspaces.cpp - memory of launches that bring none ----------------===//

#include "runtime/gpu/Workspaces.h"

#include <algorithm>
#include <map>
#include <memory>
#include <tuple>

using namespace attnrt;

/// A little more than asked for: lengths grow one by one.
static constexpr int64_t kGranule = int64_t(1) << 20;

StreamWorkspace *StreamWorkspace::find(const Driver &driver, const attn_gpu_module &module, void *stream) {
  using Key = std::tuple<const Driver *, int, void *>;
  static auto *mutex = new std::mutex;
  static auto *workspaces = new std::map<Key, std::unique_ptr<StreamWorkspace>>;
  std::lock_guard<std::mutex> guard(*mutex);
  std::unique_ptr<StreamWorkspace> &entry = (*workspaces)[{&driver, module.ordinal, stream}];
  if (!entry)
    entry = std::make_unique<StreamWorkspace>();
  return entry.get();
}

StreamWorkspace::Lease::Lease(const Driver &driver, const attn_gpu_module &module, void *stream)
    : driver(driver), module(module), stream(stream), entry(find(driver, module, stream)), lock(entry->mutex) {}

attn_status StreamWorkspace::Lease::reserve(int64_t bytes, bool isCaptured, void *&workspace) {
  const std::string what = "kernel '" + std::string(module.family->kernel.name) + "': a workspace of " + std::to_string(bytes) + " bytes";
  if (bytes > entry->capacity) {
    if (isCaptured)
      return fail(ATTN_INVALID_ARGUMENT,
                  what + " cannot be allocated while its stream is being captured: launch once before the capture, or bring one");
    ContextScope scope(driver, module.context);
    if (scope.result)
      return driver.refuse(scope.result, what);
    // The driver waits for the work that uses the old one. A graph's stays: the graph may be launched at any time.
    if (entry->capacity && !entry->isInGraph)
      driver.release(entry->address);
    entry->isInGraph = false;
    entry->capacity = 0;
    int64_t size = (std::max<int64_t>(bytes, 1) + kGranule - 1) / kGranule * kGranule;
    if (int result = driver.allocate(&entry->address, static_cast<size_t>(size)))
      return driver.refuse(result, what);
    if (int result = driver.fill(entry->address, 0, static_cast<size_t>(size), stream)) {
      driver.release(entry->address);
      return driver.refuse(result, what);
    }
    entry->capacity = size;
  }
  entry->isInGraph |= isCaptured;
  workspace = reinterpret_cast<void *>(static_cast<uintptr_t>(entry->address));
  return ATTN_OK;
}
