//===- Passes.h - passes of the NVIDIA targets ------------------*- C++ -*-===//

#ifndef ATTN_CODEGEN_NVPTX_PASSES_H
#define ATTN_CODEGEN_NVPTX_PASSES_H

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Pass/Pass.h"

namespace mlir::attn {

#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "codegen/nvptx/Passes.h.inc"

/// Appends the phase `target` of an NVIDIA GPU to a pass manager on modules.
void buildNvptxTargetPipeline(OpPassManager &passes);

/// Registers the dialects, conversion interfaces and translations of the NVIDIA targets.
void registerNvptxCodegen(DialectRegistry &registry);

} // namespace mlir::attn

#endif // ATTN_CODEGEN_NVPTX_PASSES_H
