//===- Lowering.h - what every way to LLVM needs ----------------*- C++ -*-===//

#ifndef ATTN_CODEGEN_LOWER_LOWERING_H
#define ATTN_CODEGEN_LOWER_LOWERING_H

namespace mlir {
class DialectRegistry;

namespace attn {

/// Registers the dialects between tiles and LLVM, how they are converted, and the translation to LLVM.
void registerLowering(DialectRegistry &registry);

} // namespace attn
} // namespace mlir

#endif // ATTN_CODEGEN_LOWER_LOWERING_H
