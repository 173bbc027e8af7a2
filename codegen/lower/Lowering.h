//===- Lowering.h - what every way to LLVM needs ----------------*- C++ -*-===//

#ifndef ATTN_CODEGEN_LOWER_LOWERING_H
#define ATTN_CODEGEN_LOWER_LOWERING_H

#include "mlir/IR/BuiltinOps.h"

namespace mlir {

namespace attn {

/// Registers the dialects between tiles and LLVM, how they are converted, and the translation to LLVM.
void registerLowering(DialectRegistry &registry);

/// The invariant of the phase target: nothing is left but operations of the LLVM dialect and of one that names a machine's instructions, if there is one.
/// Fails with a diagnostic on the first other one.
LogicalResult verifyOnlyLLVM(ModuleOp module, StringRef instructions = {});

} // namespace attn
} // namespace mlir

#endif // ATTN_CODEGEN_LOWER_LOWERING_H
