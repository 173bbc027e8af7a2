//===- ObjectEmitter.cpp - machine code from the LLVM dialect -------------===//

#include "codegen/cpu/ObjectEmitter.h"

#include "mlir/Target/LLVMIR/Export.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/IR/Module.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/Support/raw_ostream.h"
#include "llvm/Target/TargetMachine.h"
#include "llvm/TargetParser/Triple.h"

#include <mutex>

namespace mlir::attn {

static constexpr llvm::StringLiteral kTriple = "x86_64-unknown-linux-gnu";

static std::unique_ptr<llvm::TargetMachine> createTargetMachine(const CpuMachine &machine) {
  static std::once_flag initialized;
  std::call_once(initialized, [] {
    LLVMInitializeX86TargetInfo();
    LLVMInitializeX86Target();
    LLVMInitializeX86TargetMC();
    LLVMInitializeX86AsmPrinter();
    LLVMInitializeX86AsmParser();
  });
  llvm::Triple triple(kTriple);
  std::string error;
  const llvm::Target *target = llvm::TargetRegistry::lookupTarget(triple, error);
  if (!target)
    return nullptr;
  // Level `less` and `default` give the same speed here; `none` allocates registers badly and is eight times slower.
  return std::unique_ptr<llvm::TargetMachine>(target->createTargetMachine(triple, machine.llvmCpu, machine.llvmFeatures,
                                                                          llvm::TargetOptions(), llvm::Reloc::PIC_,
                                                                          std::nullopt, llvm::CodeGenOptLevel::Default));
}

FailureOr<std::unique_ptr<llvm::Module>> translateForMachine(ModuleOp module, const CpuMachine &machine,
                                                             llvm::LLVMContext &context) {
  std::unique_ptr<llvm::TargetMachine> target = createTargetMachine(machine);
  if (!target)
    return module.emitError("expected an LLVM with the x86 target"), failure();
  std::unique_ptr<llvm::Module> translated = translateModuleToLLVMIR(module, context, "attn", /*disableVerification=*/true);
  if (!translated)
    return failure();
  translated->setTargetTriple(llvm::Triple(kTriple));
  translated->setDataLayout(target->createDataLayout());
  return translated;
}

static LogicalResult emitFile(ModuleOp module, const CpuMachine &machine, llvm::CodeGenFileType kind,
                              llvm::raw_pwrite_stream &stream) {
  llvm::LLVMContext context;
  FailureOr<std::unique_ptr<llvm::Module>> translated = translateForMachine(module, machine, context);
  if (failed(translated))
    return failure();
  std::unique_ptr<llvm::TargetMachine> target = createTargetMachine(machine);
  llvm::legacy::PassManager passes;
  if (target->addPassesToEmitFile(passes, stream, nullptr, kind))
    return module.emitError("expected an LLVM that can emit x86 object files");
  passes.run(**translated);
  return success();
}

FailureOr<ObjectBytes> emitObject(llvm::Module &module, const CpuMachine &machine) {
  ObjectBytes bytes;
  llvm::raw_svector_ostream stream(bytes);
  std::unique_ptr<llvm::TargetMachine> target = createTargetMachine(machine);
  llvm::legacy::PassManager passes;
  if (!target || target->addPassesToEmitFile(passes, stream, nullptr, llvm::CodeGenFileType::ObjectFile))
    return failure();
  passes.run(module);
  return bytes;
}

FailureOr<ObjectBytes> emitObject(ModuleOp module, const CpuMachine &machine) {
  ObjectBytes bytes;
  llvm::raw_svector_ostream stream(bytes);
  if (failed(emitFile(module, machine, llvm::CodeGenFileType::ObjectFile, stream)))
    return failure();
  return bytes;
}

FailureOr<std::string> emitAssembly(ModuleOp module, const CpuMachine &machine) {
  llvm::SmallVector<char, 0> text;
  llvm::raw_svector_ostream stream(text);
  if (failed(emitFile(module, machine, llvm::CodeGenFileType::AssemblyFile, stream)))
    return failure();
  return std::string(text.data(), text.size());
}

} // namespace mlir::attn
