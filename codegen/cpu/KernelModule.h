//===- KernelModule.h - a kernel as other programs see it -------*- C++ -*-===//

#ifndef ATTN_CODEGEN_CPU_KERNELMODULE_H
#define ATTN_CODEGEN_CPU_KERNELMODULE_H

#include "codegen/Signature.h"
#include "llvm/IR/Module.h"

namespace mlir::attn {

/// What the description in memory (attn_kernel of runtime/attn_abi.h) says besides the code.
struct KernelIdentity {
  std::string name; // a C identifier
  std::string target;
  std::string compiler;
  std::string sourceHash;
};

/// Completes the translated module of a kernel: links the support code (task entry, argument check, run), adds the kernel's description as
/// NAME_kernel and makes everything but NAME_kernel, NAME_check, NAME_plan and NAME_run internal.
llvm::Error completeKernelModule(llvm::Module &module, const KernelIdentity &identity, const Signature &signature);

} // namespace mlir::attn

#endif // ATTN_CODEGEN_CPU_KERNELMODULE_H
