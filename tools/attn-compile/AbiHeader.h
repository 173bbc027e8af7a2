//===- AbiHeader.h - C files inside the tool --------------------*- C++ -*-===//

#ifndef ATTN_TOOLS_COMPILE_ABIHEADER_H
#define ATTN_TOOLS_COMPILE_ABIHEADER_H

#include "llvm/ADT/StringRef.h"

namespace mlir::attn {

/// The text of runtime/attn_abi.h, a copy of which goes into every bundle.
llvm::StringRef getAbiHeader();

/// The text of runtime/attn_gpu_abi.h, a copy of which goes into every bundle for GPUs.
llvm::StringRef getGpuAbiHeader();

/// The texts that the C launcher of a bundle is made of: runtime/attn_gpu_launch.h and runtime/gpu/BundleLauncher.c.
llvm::StringRef getGpuLaunchHeader();
llvm::StringRef getGpuLauncher();

} // namespace mlir::attn

#endif // ATTN_TOOLS_COMPILE_ABIHEADER_H
