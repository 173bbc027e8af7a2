//===- Frameworks.h - what is needed of PyTorch and NumPy -------*- C++ -*-===//

#ifndef ATTN_PYTHON_FRAMEWORKS_H
#define ATTN_PYTHON_FRAMEWORKS_H

#include "runtime/attn_abi.h"

#include <nanobind/nanobind.h>

namespace attnpy {

constexpr int kNumDtypes = ATTN_I64 + 1;

/// Objects of PyTorch, looked up once. They are never released: the interpreter may already be gone when this library is
/// unloaded.
struct Torch {
  nanobind::object tensorType, empty, isGradEnabled, getNumThreads, module;
  nanobind::object getRawStream; ///< what torch.cuda.current_stream wraps in an object; missing in builds without CUDA
  nanobind::object dtypes[kNumDtypes];

  /// Null unless the program has imported torch.
  static const Torch *get();

  bool isTensor(nanobind::handle object) const;

  /// The CUDA stream that PyTorch uses on a device at the moment.
  void *currentStream(int device) const;
  /// `bytes` bytes of zeros on a device while its current stream is captured into a graph, which then owns them; else a null object.
  nanobind::object workspaceOfGraph(int device, int64_t bytes) const;
};

/// Objects of NumPy, imported when an output is made.
struct NumPy {
  nanobind::object empty;
  nanobind::object dtypes[kNumDtypes]; ///< bf16 is missing without ml_dtypes

  static const NumPy &get();
};

} // namespace attnpy

#endif // ATTN_PYTHON_FRAMEWORKS_H
