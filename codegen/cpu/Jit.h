//===- Jit.h - kernels in this process --------------------------*- C++ -*-===//

#ifndef ATTN_CODEGEN_CPU_JIT_H
#define ATTN_CODEGEN_CPU_JIT_H

#include "codegen/Compiler.h"
#include "runtime/attn_abi.h"
#include "llvm/ExecutionEngine/Orc/LLJIT.h"

namespace mlir::attn {

/// Owns the code of one kernel that was compiled for this process.
class JitKernel {
public:
  static llvm::Expected<std::unique_ptr<JitKernel>> load(const CompiledKernel &kernel);

  const attn_kernel *getKernel() const { return kernel; }

private:
  explicit JitKernel(std::unique_ptr<llvm::orc::LLJIT> jit) : jit(std::move(jit)) {}

  std::unique_ptr<llvm::orc::LLJIT> jit;
  const attn_kernel *kernel = nullptr;
};

} // namespace mlir::attn

#endif // ATTN_CODEGEN_CPU_JIT_H
