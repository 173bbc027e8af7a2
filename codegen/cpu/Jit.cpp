//===- Jit.cpp - kernels in this process ----------------------------------===//

#include "codegen/cpu/Jit.h"
#include "llvm/Support/MemoryBuffer.h"

using namespace mlir;
using namespace mlir::attn;

llvm::Expected<std::unique_ptr<JitKernel>> JitKernel::load(const CompiledKernel &kernel) {
  llvm::Expected<std::unique_ptr<llvm::orc::LLJIT>> jit = llvm::orc::LLJITBuilder().create();
  if (!jit)
    return jit.takeError();
  std::unique_ptr<JitKernel> loaded(new JitKernel(std::move(*jit)));
  auto object = llvm::MemoryBuffer::getMemBufferCopy(llvm::StringRef(kernel.object.data(), kernel.object.size()), kernel.identity.name);
  if (llvm::Error error = loaded->jit->addObjectFile(std::move(object)))
    return std::move(error);
  llvm::Expected<llvm::orc::ExecutorAddr> address = loaded->jit->lookup(kernel.identity.name + "_kernel");
  if (!address)
    return address.takeError();
  loaded->kernel = address->toPtr<const attn_kernel *>();
  return loaded;
}
