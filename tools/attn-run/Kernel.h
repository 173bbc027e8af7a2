//===- Kernel.h - what is run -----------------------------------*- C++ -*-===//

#ifndef ATTN_TOOLS_RUN_KERNEL_H
#define ATTN_TOOLS_RUN_KERNEL_H

#include "tools/attn-run/Arguments.h"
#include "tools/common/Description.h"

namespace mlir::attn {

/// A description that can be run on arguments. Errors are printed.
class Kernel {
public:
  virtual ~Kernel() = default;

  /// The interpreter for the target "reference", else compiled code by way of the runtime library.
  static FailureOr<std::unique_ptr<Kernel>> create(Description &description, StringRef target, unsigned threads);

  /// Takes arguments to where the kernel runs. Called once, before the first run.
  virtual LogicalResult prepare(const Arguments &arguments, ArrayRef<HostTensor> results) { return success(); }

  /// Computes the results from the arguments; the tensors' sizes must be right.
  virtual LogicalResult run(const Arguments &arguments, MutableArrayRef<HostTensor> results) = 0;

  /// Brings the results of the last run back.
  virtual LogicalResult fetch(MutableArrayRef<HostTensor> results) { return success(); }

  /// The machine that the code was made for.
  virtual std::string getTarget() const = 0;
};

/// The arguments as the interpreter takes them.
SmallVector<reference::Array> toArrays(func::FuncOp function, const Arguments &arguments);

} // namespace mlir::attn

#endif // ATTN_TOOLS_RUN_KERNEL_H
