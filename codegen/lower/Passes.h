//===- Passes.h - passes that every target begins with ----------*- C++ -*-===//

#ifndef ATTN_CODEGEN_LOWER_PASSES_H
#define ATTN_CODEGEN_LOWER_PASSES_H

#include "mlir/Pass/Pass.h"

namespace mlir::attn {

#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "codegen/lower/Passes.h.inc"

} // namespace mlir::attn

#endif // ATTN_CODEGEN_LOWER_PASSES_H
