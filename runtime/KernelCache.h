//===- KernelCache.h - compiled kernels on disk -----------------*- C++ -*-===//
//
// One sealed shared object for each key, in a directory of the user's own. Entries appear by renaming a complete file, so that
// any number of processes may read and write at the same time; whoever comes last wins, and all write the same. A damaged entry
// counts as absent. A cache that cannot be read or written costs time, never an error: attn_last_warning tells.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_RUNTIME_KERNELCACHE_H
#define ATTN_RUNTIME_KERNELCACHE_H

#include "runtime/Hash.h"
#include "runtime/SharedObject.h"

#include <string>

namespace attnrt {

class KernelCache {
public:
  /// The user's cache: ATTN_CACHE_DIR, else $XDG_CACHE_HOME/attn, else ~/.cache/attn. Without any of them, or if ATTN_CACHE_DIR
  /// is empty, a cache that holds nothing and takes nothing.
  static KernelCache forUser();

  explicit KernelCache(std::string directory) : directory(std::move(directory)) {}

  /// Loads the kernel stored under `key`; false if there is none.
  bool load(const Hash &key, LoadedKernel &loaded) const;

  /// Stores a shared object of `size` bytes that holds kernel `name`.
  void store(const Hash &key, const void *image, size_t size, const char *name) const;

private:
  std::string pathOf(const Hash &key) const { return directory + "/" + toHex(key) + ".so"; }
  bool isTrusted() const;
  void sweep() const;

  std::string directory; // empty: no cache
};

} // namespace attnrt

#endif // ATTN_RUNTIME_KERNELCACHE_H
