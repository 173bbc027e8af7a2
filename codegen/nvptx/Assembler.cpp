//===- Assembler.cpp - from PTX to machine code ---------------------------===//

#include "codegen/nvptx/Assembler.h"

using namespace mlir;
using namespace mlir::attn;

llvm::Expected<Assembled> attn::assemblePtx(llvm::StringRef ptx, const GpuMachine &machine) {
  if (std::optional<std::string> program = findPtxas())
    return assembleWithPtxas(*program, ptx, machine);
  llvm::Expected<Assembled> assembled = assembleWithNvJitLink(ptx, machine);
  if (assembled)
    return assembled;
  // Whoever has neither should hear of both.
  std::string message = llvm::toString(assembled.takeError());
  if (llvm::StringRef(message).starts_with("cannot load"))
    message = "expected the program 'ptxas' on the PATH, or named by ATTN_PTXAS, to make machine code for a GPU; and " + message;
  return llvm::createStringError(message);
}
