//===- PtxEmitter.h - PTX and cubins ----------------------------*- C++ -*-===//

#ifndef ATTN_CODEGEN_NVPTX_PTXEMITTER_H
#define ATTN_CODEGEN_NVPTX_PTXEMITTER_H

#include "codegen/nvptx/GpuMachine.h"
#include "mlir/IR/BuiltinOps.h"
#include "llvm/Support/Error.h"

#include <string>

namespace mlir::attn {

/// PTX of the kernels of a module in the LLVM and NVVM dialects. Fails with a diagnostic on the module.
FailureOr<std::string> emitPtx(ModuleOp module, const GpuMachine &machine);

/// What ptxas made of some PTX.
struct Assembled {
  std::string cubin;
  /// What it says of each kernel (registers, spills, warnings).
  std::string report;
};

/// Assembles PTX for the machine by `ptxas`, the program that ATTN_PTXAS names or the first one on the PATH.
llvm::Expected<Assembled> assemblePtx(llvm::StringRef ptx, const GpuMachine &machine);

} // namespace mlir::attn

#endif // ATTN_CODEGEN_NVPTX_PTXEMITTER_H
