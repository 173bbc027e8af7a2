//===- SharedObject.h - kernels in files ------------------------*- C++ -*-===//
//
// A shared object is mapped into the process, and a damaged one would crash it long after it was opened. So a file is checked
// first: its ELF headers must fit its length, and a file of the cache ends in a seal (which ELF loaders ignore) that holds its
// length and its hash.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_RUNTIME_SHAREDOBJECT_H
#define ATTN_RUNTIME_SHAREDOBJECT_H

#include "runtime/attn.h"

#include <array>
#include <string>
#include <vector>

namespace attnrt {

/// A kernel and what owns its code.
struct LoadedKernel {
  const attn_kernel *kernel = nullptr;
  void *handle = nullptr;
  void (*release)(void *handle) = nullptr;
};

using FileBytes = std::vector<char>;

/// Reads a whole file; false, with errno set, if that fails.
bool readFile(int descriptor, FileBytes &bytes);

/// What a sealed file holds beside the shared object.
struct Seal {
  uint64_t magic;
  uint64_t size;    ///< of the shared object before it
  uint64_t hash[2]; ///< XXH3-128 of the shared object, this structure with a zero hash included
  char kernel[96];  ///< name of the kernel
};

/// The seal of a shared object that holds kernel `name`.
Seal makeSeal(const void *image, size_t size, const char *name);

/// The seal at the end of `bytes` if there is one and it is right; else null.
const Seal *checkSeal(const FileBytes &bytes);

/// Whether `bytes` begins with a shared object for x86-64, all of which is there.
bool isWholeSharedObject(const FileBytes &bytes);

/// Opens a file that was checked and finds NAME_kernel in it; checks the ABI version and the target.
attn_status openKernel(const std::string &path, const std::string &name, LoadedKernel &loaded);

} // namespace attnrt

#endif // ATTN_RUNTIME_SHAREDOBJECT_H
