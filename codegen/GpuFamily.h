//===- GpuFamily.h - GPU kernels as other programs see them -----*- C++ -*-===//

#ifndef ATTN_CODEGEN_GPUFAMILY_H
#define ATTN_CODEGEN_GPUFAMILY_H

#include "codegen/GpuCompiler.h"

namespace mlir::attn {

/// A compute capability as a number, 80 for 8.0, and whether code for it runs on devices of this capability only.
struct GpuCapability {
  int number;
  bool isExact;

  /// What the target "sm_90a" means.
  static GpuCapability of(StringRef target);
  /// Whether PTX for this runs on a device of capability `device`.
  bool runsOn(int device) const { return isExact ? device == number : device >= number; }
};

/// Joins kernels of one function for different GPU targets, the least capable one first, into one x86 object that holds their code, plans and
/// description: it exports NAME_gpu (runtime/attn_gpu_abi.h), NAME_kernel, NAME_check and NAME_plan, the first target's, and has no dependency.
llvm::Expected<ObjectBytes> joinGpuKernels(ArrayRef<CompiledGpuKernel> kernels, StringRef name);

} // namespace mlir::attn

#endif // ATTN_CODEGEN_GPUFAMILY_H
