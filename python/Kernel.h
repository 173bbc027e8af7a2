//===- Kernel.h - a kernel as a Python callable -----------------*- C++ -*-===//

#ifndef ATTN_PYTHON_KERNEL_H
#define ATTN_PYTHON_KERNEL_H

#include "runtime/attn.h"

#include <nanobind/nanobind.h>

#include <string>
#include <vector>

namespace attnpy {

class Kernel {
public:
  /// Takes over one use of `kernel`.
  explicit Kernel(const attn_kernel *kernel) : kernel(kernel) {}
  Kernel(const Kernel &) = delete;
  ~Kernel() { attn_free(kernel); }

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

  const attn_kernel *kernel;
};

/// The number of threads of launches: what was set, else ATTN_NUM_THREADS, else PyTorch's number where it is loaded.
int getNumThreads();
void setNumThreads(int threads);

} // namespace attnpy

#endif // ATTN_PYTHON_KERNEL_H
