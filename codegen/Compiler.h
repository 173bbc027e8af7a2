//===- Compiler.h - from text to a kernel -----------------------*- C++ -*-===//

#ifndef ATTN_CODEGEN_COMPILER_H
#define ATTN_CODEGEN_COMPILER_H

#include "codegen/Signature.h"
#include "codegen/cpu/KernelModule.h"
#include "codegen/cpu/ObjectEmitter.h"
#include "mlir/IR/DialectRegistry.h"
#include "mlir/IR/OwningOpRef.h"

namespace mlir {
class OpPassManager;
}

namespace mlir::attn {

/// The compiler's version, for people: "0.1.0 (LLVM 22.1.8)".
StringRef getCompilerVersion();

/// Everything that compiling a description needs in its context.
void registerCompilerDialects(DialectRegistry &registry);

/// The function `entry` of a description, or its only public function if the name is empty. Fails with a diagnostic on the module.
FailureOr<func::FuncOp> findEntry(ModuleOp module, StringRef entry);

/// Appends the passes from a description to the LLVM dialect.
void buildKernelPipeline(OpPassManager &manager, const CpuMachine &machine);

/// One compiled kernel.
struct CompiledKernel {
  KernelIdentity identity;
  Signature signature;
  ObjectBytes object;
  /// The members of the family, in the order in which they run; the sizes decide which of them do.
  std::vector<std::string> stages;
  /// attn_plan.scratch_bytes, which no size changes.
  int64_t scratchBytes = 0;
};

/// A name that C accepts: what is neither a letter nor a digit becomes an underscore.
std::string makeIdentifier(StringRef name);

/// What is known of a kernel before anything is lowered.
struct PreparedKernel {
  KernelIdentity identity;
  Signature signature;
};

/// Checks the entry and the target and leaves in `module` only what belongs to the kernel, ready for the phases: the entry has its final name and
/// carries its target. Fails with diagnostics.
FailureOr<PreparedKernel> prepareKernel(ModuleOp module, func::FuncOp entry, StringRef target, StringRef text, StringRef name);

/// Compiles `entry` of a description for the x86 target of this name. The kernel is called `name`, a C identifier; left out, after the entry.
/// The module is consumed. Fails with diagnostics.
FailureOr<CompiledKernel> compileForCpu(OwningOpRef<ModuleOp> module, func::FuncOp entry, StringRef target, StringRef text,
                                        StringRef name = {});

} // namespace mlir::attn

#endif // ATTN_CODEGEN_COMPILER_H
