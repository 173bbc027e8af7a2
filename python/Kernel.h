//===- Kernel.h - a kernel as a Python callable -----------------*- C++ -*-===//

#ifndef ATTN_PYTHON_KERNEL_H
#define ATTN_PYTHON_KERNEL_H

#include "python/Tensors.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace attnpy {

class Kernel {
public:
  /// The description of a kernel that is compiled anew for each GPU that it is called on.
  struct Source {
    std::string text;
    std::optional<std::string> entry;
  };

  /// Takes over one use of `kernel`.
  explicit Kernel(const attn_kernel *kernel, std::optional<Source> source = {}) : kernel(kernel), source(std::move(source)) {}
  Kernel(const Kernel &) = delete;
  ~Kernel();

  /// Runs the kernel. `args` and `kwargs` hold the inputs and scalars in the order, or by the names, of the description; the
  /// keyword `out` holds the output or a tuple of outputs. Returns the output, or a tuple of them.
  nanobind::object call(nanobind::args args, nanobind::kwargs kwargs) const;

  const attn_kernel &info() const { return *kernel; }

  /// "q: f32[B, 4, Tq, 8]"
  std::string describe(const attn_arg_info &info) const;
  /// "<attn.Kernel NAME(inputs) -> outputs for TARGET>"
  std::string describe() const;

private:
  /// The objects passed for each argument of the kernel, in its order; null for outputs to be made.
  std::vector<nanobind::handle> matchArguments(nanobind::args args, nanobind::kwargs kwargs) const;
  void matchOutputs(nanobind::handle out, std::vector<nanobind::handle> &objects) const;
  /// The GPU whose memory all tensors are, or kHost. Raises ArgumentError where they differ, or are not where the kernel runs.
  int findDevice(const BorrowedTensor *tensors, const std::vector<nanobind::handle> &objects) const;
  /// This kernel, or the one that the description gives for a GPU.
  const attn_kernel *kernelFor(int device) const;

  const attn_kernel *kernel;
  std::optional<Source> source;
  mutable std::map<int, const attn_kernel *> compiled; ///< by GPU
};

/// The number of threads of launches: what was set, else ATTN_NUM_THREADS, else PyTorch's number where it is loaded.
int getNumThreads();
void setNumThreads(int threads);

} // namespace attnpy

#endif // ATTN_PYTHON_KERNEL_H
