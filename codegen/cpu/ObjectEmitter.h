//===- ObjectEmitter.h - machine code from the LLVM dialect -----*- C++ -*-===//

#ifndef ATTN_CODEGEN_CPU_OBJECTEMITTER_H
#define ATTN_CODEGEN_CPU_OBJECTEMITTER_H

#include "codegen/cpu/CpuMachine.h"
#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

#include <memory>

namespace llvm {
class LLVMContext;
class Module;
} // namespace llvm

namespace mlir::attn {

/// Bytes of an ELF file.
using ObjectBytes = llvm::SmallVector<char, 0>;

/// Translates a module in the LLVM dialect and sets its target to `machine`. Fails with a diagnostic on the module.
FailureOr<std::unique_ptr<llvm::Module>> translateForMachine(ModuleOp module, const CpuMachine &machine,
                                                             llvm::LLVMContext &context);

/// Machine code of a module that translateForMachine made, completed or not. A large module is emitted by several threads. The module is
/// consumed.
llvm::Expected<ObjectBytes> emitObject(llvm::Module &module, const CpuMachine &machine);

/// Machine code as a relocatable, position-independent object. No optimisation pipeline runs: kernels arrive as they should be,
/// and it would double the time. Fails with a diagnostic on the module.
FailureOr<ObjectBytes> emitObject(ModuleOp module, const CpuMachine &machine);
/// The same as assembly text.
FailureOr<std::string> emitAssembly(ModuleOp module, const CpuMachine &machine);

/// Links an object into a shared library without dependencies. An undefined symbol is an error. Everything happens in memory: no
/// file is written.
llvm::Expected<ObjectBytes> linkSharedLibrary(const ObjectBytes &object);

/// Joins objects into one relocatable object, in memory as well. Hidden symbols become local.
llvm::Expected<ObjectBytes> linkRelocatable(llvm::ArrayRef<ObjectBytes> objects);

} // namespace mlir::attn

#endif // ATTN_CODEGEN_CPU_OBJECTEMITTER_H
