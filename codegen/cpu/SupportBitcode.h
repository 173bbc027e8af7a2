//===- SupportBitcode.h - C code that goes into kernels ---------*- C++ -*-===//

#ifndef ATTN_CODEGEN_CPU_SUPPORTBITCODE_H
#define ATTN_CODEGEN_CPU_SUPPORTBITCODE_H

#include "llvm/ADT/StringRef.h"

namespace mlir::attn {

/// The LLVM bitcode of BundleSupport.c, which is linked into every kernel.
llvm::StringRef getSupportBitcode();

/// The LLVM bitcode of BundleDispatch.c, which picks one of several kernels.
llvm::StringRef getDispatchBitcode();

/// The LLVM bitcode of BundleGpu.c, which goes into every family of GPU kernels.
llvm::StringRef getGpuBitcode();

} // namespace mlir::attn

#endif // ATTN_CODEGEN_CPU_SUPPORTBITCODE_H
