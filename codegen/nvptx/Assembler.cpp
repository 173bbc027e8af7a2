//===- Assembler.cpp - from PTX to machine code ---------------------------===//

#include "codegen/nvptx/Assembler.h"

using namespace mlir;
using namespace mlir::attn;

static llvm::Expected<Assembled> assemble(llvm::StringRef ptx, const GpuMachine &machine, AssemblySpeed speed) {
  if (std::optional<std::string> program = findPtxas())
    return assembleWithPtxas(*program, ptx, machine, speed);
  llvm::Expected<Assembled> assembled = assembleWithNvJitLink(ptx, machine, speed);
  if (assembled)
    return assembled;
  // Whoever has neither should hear of both.
  std::string message = llvm::toString(assembled.takeError());
  if (llvm::StringRef(message).starts_with("cannot load"))
    message = "expected the program 'ptxas' on the PATH, or named by ATTN_PTXAS, to make machine code for a GPU; and " + message;
  return llvm::createStringError(message);
}

llvm::Expected<Assembled> attn::assemblePtx(llvm::StringRef ptx, const GpuMachine &machine, AssemblySpeed speed) {
  llvm::Expected<Assembled> assembled = assemble(ptx, machine, speed);
  if (assembled || speed == AssemblySpeed::Reproducible)
    return assembled;
  // Assemblers before CUDA 12.1 do one kernel after the other, and complain of the option.
  std::string message = llvm::toString(assembled.takeError());
  if (llvm::StringRef(message).contains("split-compile"))
    return assemble(ptx, machine, AssemblySpeed::Reproducible);
  return llvm::createStringError(message);
}
