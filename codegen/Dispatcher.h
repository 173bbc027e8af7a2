//===- Dispatcher.h - one kernel for several targets ------------*- C++ -*-===//

#ifndef ATTN_CODEGEN_DISPATCHER_H
#define ATTN_CODEGEN_DISPATCHER_H

#include "codegen/Compiler.h"

namespace mlir::attn {

/// Joins kernels of one function, made for different x86 targets, under different names, the least capable target first, into
/// one object with a kernel called `name`, which runs the best of them that the CPU supports. Its target is the first one's.
llvm::Expected<ObjectBytes> joinKernels(ArrayRef<CompiledKernel> kernels, StringRef name);

} // namespace mlir::attn

#endif // ATTN_CODEGEN_DISPATCHER_H
