//===- Kernels.h - the kernels that this process has loaded -----*- C++ -*-===//

#ifndef ATTN_RUNTIME_KERNELS_H
#define ATTN_RUNTIME_KERNELS_H

#include "runtime/Hash.h"
#include "runtime/SharedObject.h"

namespace attnrt {

/// The loaded kernel that was compiled under `key`, with one more user; null if there is none.
const attn_kernel *findCompiled(const Hash &key);

/// Takes over `loaded` with one user. `key`, if given, is what findCompiled asks for; should another thread have been faster,
/// its kernel is returned and `loaded` released.
const attn_kernel *keepKernel(LoadedKernel loaded, const Hash *key);

} // namespace attnrt

#endif // ATTN_RUNTIME_KERNELS_H
