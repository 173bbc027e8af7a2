//===- GpuReport.h - a GPU's kernels in words -------------------*- C++ -*-===//

#ifndef ATTN_TOOLS_EXPLAIN_GPUREPORT_H
#define ATTN_TOOLS_EXPLAIN_GPUREPORT_H

#include "codegen/nvptx/GpuMachine.h"
#include "tools/attn-explain/GpuFamily.h"

namespace mlir::attn {

/// What a run has to do, besides the sizes of its kernels.
struct GpuWork {
  /// Useful operations, bytes that are read and written once, and key tiles of the member that runs.
  double flops, bytes;
  int64_t keyTiles;
};

/// The member that visits the key tiles; null if there is nothing to do.
const GpuMember *findRunning(const GpuFamily &family);

/// Prints the members of a family and what their kernels need.
void printKernels(const GpuMachine &machine, const GpuFamily &family, raw_ostream &stream);

/// Prints how the tasks fill a device, how long the parts of a key tile take, and what limits the kernel that runs.
void printLimits(const GpuMachine &machine, const GpuFamily &family, const GpuWork &work, raw_ostream &stream);

} // namespace mlir::attn

#endif // ATTN_TOOLS_EXPLAIN_GPUREPORT_H
