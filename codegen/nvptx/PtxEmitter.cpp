//===- PtxEmitter.cpp - PTX and cubins ------------------------------------===//

#include "codegen/nvptx/PtxEmitter.h"
#include "mlir/Target/LLVMIR/Export.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/IR/Module.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Pass.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/Support/raw_ostream.h"
#include "llvm/Target/TargetMachine.h"
#include "llvm/TargetParser/Triple.h"
#include "llvm/Transforms/Scalar.h"

#include <mutex>

using namespace mlir;
using namespace mlir::attn;

static constexpr llvm::StringLiteral kTriple = "nvptx64-nvidia-cuda";

static std::unique_ptr<llvm::TargetMachine> createTargetMachine(const GpuMachine &machine) {
  static std::once_flag initialized;
  std::call_once(initialized, [] {
    LLVMInitializeNVPTXTargetInfo();
    LLVMInitializeNVPTXTarget();
    LLVMInitializeNVPTXTargetMC();
    LLVMInitializeNVPTXAsmPrinter();
  });
  llvm::Triple triple(kTriple);
  std::string error;
  const llvm::Target *target = llvm::TargetRegistry::lookupTarget(triple, error);
  if (!target)
    return nullptr;
  llvm::TargetOptions options;
  // A product and a sum are rounded once, as CUDA C++ does by default.
  options.AllowFPOpFusion = llvm::FPOpFusion::Fast;
  return std::unique_ptr<llvm::TargetMachine>(target->createTargetMachine(triple, machine.name, machine.llvmFeatures, options, std::nullopt, std::nullopt,
                                                                          llvm::CodeGenOptLevel::Default));
}

FailureOr<std::string> attn::emitPtx(ModuleOp module, const GpuMachine &machine) {
  std::unique_ptr<llvm::TargetMachine> target = createTargetMachine(machine);
  if (!target)
    return module.emitError("expected an LLVM with the NVPTX target"), failure();
  llvm::LLVMContext context;
  std::unique_ptr<llvm::Module> translated = translateModuleToLLVMIR(module, context, "attn", /*disableVerification=*/true);
  if (!translated)
    return failure();
  translated->setTargetTriple(llvm::Triple(kTriple));
  translated->setDataLayout(target->createDataLayout());
  llvm::SmallString<0> text;
  llvm::raw_svector_ostream stream(text);
  llvm::legacy::PassManager passes;
  // Descriptors of memory are structs that are filled and taken apart again.
  passes.add(llvm::createInstSimplifyLegacyPass());
  passes.add(llvm::createEarlyCSEPass());
  passes.add(llvm::createDeadCodeEliminationPass());
  if (target->addPassesToEmitFile(passes, stream, nullptr, llvm::CodeGenFileType::AssemblyFile))
    return module.emitError("expected an LLVM that can emit PTX"), failure();
  passes.run(*translated);
  return text.str().str();
}
