//===- PtxEmitter.h - from the NVVM dialect to PTX --------------*- C++ -*-===//

#ifndef ATTN_CODEGEN_NVPTX_PTXEMITTER_H
#define ATTN_CODEGEN_NVPTX_PTXEMITTER_H

#include "codegen/nvptx/GpuMachine.h"
#include "mlir/IR/BuiltinOps.h"

#include <string>

namespace mlir::attn {

/// PTX of the kernels of a module in the LLVM and NVVM dialects. Fails with a diagnostic on the module.
FailureOr<std::string> emitPtx(ModuleOp module, const GpuMachine &machine);

} // namespace mlir::attn

#endif // ATTN_CODEGEN_NVPTX_PTXEMITTER_H
