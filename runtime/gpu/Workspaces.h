//===- Workspaces.h - memory of launches that bring none --------*- C++ -*-===//

#ifndef ATTN_RUNTIME_GPU_WORKSPACES_H
#define ATTN_RUNTIME_GPU_WORKSPACES_H

#include "runtime/gpu/Driver.h"

#include <mutex>

namespace attnrt {

/// One block of device memory for each device and stream, since launches on one stream never run at the same time. It is zero when it is made,
/// as kernels expect of their counters, and grows when needed.
class StreamWorkspace {
public:
  /// The right to use the workspace of a stream, until the launch has been queued: meanwhile nobody replaces it.
  class Lease {
  public:
    Lease(const Driver &driver, const attn_gpu_module &module, void *stream);

    /// At least `bytes` bytes. While the stream is being captured, nothing can be allocated: then a smaller workspace is an error, and the one that
    /// is handed out is kept for ever, because the graph holds its address.
    attn_status reserve(int64_t bytes, bool isCaptured, void *&workspace);

  private:
    const Driver &driver;
    const attn_gpu_module &module;
    void *stream;
    StreamWorkspace *entry;
    std::unique_lock<std::mutex> lock;
  };

private:
  static StreamWorkspace *find(const Driver &driver, const attn_gpu_module &module, void *stream);

  std::mutex mutex;
  uint64_t address = 0;
  int64_t capacity = 0;
  bool isInGraph = false;
};

} // namespace attnrt

#endif // ATTN_RUNTIME_GPU_WORKSPACES_H
