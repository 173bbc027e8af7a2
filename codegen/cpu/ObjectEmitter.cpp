//===- ObjectEmitter.cpp - machine code from the LLVM dialect -------------===//

#include "codegen/cpu/ObjectEmitter.h"

#include "codegen/cpu/ModuleParts.h"
#include "mlir/Target/LLVMIR/Export.h"
#include "llvm/Bitcode/BitcodeReader.h"
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
#include <optional>
#include <thread>

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

static llvm::Error emitModule(llvm::Module &module, const CpuMachine &machine, llvm::CodeGenFileType kind, llvm::raw_pwrite_stream &stream) {
  std::unique_ptr<llvm::TargetMachine> target = createTargetMachine(machine);
  llvm::legacy::PassManager passes;
  // Lowered memory references are structs that are filled and taken apart again: a third of the instructions, which nothing needs.
  passes.add(llvm::createInstSimplifyLegacyPass());
  passes.add(llvm::createDeadCodeEliminationPass());
  if (!target || target->addPassesToEmitFile(passes, stream, nullptr, kind))
    return llvm::createStringError("expected an LLVM that can emit x86 object files");
  passes.run(module);
  return llvm::Error::success();
}

static llvm::Expected<ObjectBytes> emitPart(llvm::Module &module, const CpuMachine &machine) {
  ObjectBytes bytes;
  llvm::raw_svector_ostream stream(bytes);
  if (llvm::Error error = emitModule(module, machine, llvm::CodeGenFileType::ObjectFile, stream))
    return std::move(error);
  return bytes;
}

static llvm::Expected<ObjectBytes> emitPart(const llvm::SmallVector<char, 0> &bitcode, const CpuMachine &machine) {
  llvm::LLVMContext context;
  llvm::MemoryBufferRef buffer(llvm::StringRef(bitcode.data(), bitcode.size()), "part");
  llvm::Expected<std::unique_ptr<llvm::Module>> module = llvm::parseBitcodeFile(buffer, context);
  if (!module)
    return module.takeError();
  return emitPart(**module, machine);
}

llvm::Expected<ObjectBytes> emitObject(llvm::Module &module, const CpuMachine &machine) {
  unsigned parts = countParts(module);
  if (parts == 1)
    return emitPart(module, machine);
  std::vector<llvm::SmallVector<char, 0>> others = splitModule(module, parts);
  std::vector<std::optional<llvm::Expected<ObjectBytes>>> emitted(parts);
  std::vector<std::thread> threads;
  for (unsigned part = 1; part < parts; ++part)
    threads.emplace_back([&, part] { emitted[part].emplace(emitPart(others[part - 1], machine)); });
  emitted[0].emplace(emitPart(module, machine));
  for (std::thread &thread : threads)
    thread.join();

  std::vector<ObjectBytes> objects;
  llvm::Error errors = llvm::Error::success();
  for (std::optional<llvm::Expected<ObjectBytes>> &part : emitted) {
    if (*part)
      objects.push_back(std::move(**part));
    else
      errors = llvm::joinErrors(std::move(errors), part->takeError());
  }
  if (errors)
    return std::move(errors);
  return linkRelocatable(objects);
}

static LogicalResult emitFile(ModuleOp module, const CpuMachine &machine, llvm::CodeGenFileType kind, llvm::raw_pwrite_stream &stream) {
  llvm::LLVMContext context;
  FailureOr<std::unique_ptr<llvm::Module>> translated = translateForMachine(module, machine, context);
  if (failed(translated))
    return failure();
  if (llvm::Error error = emitModule(**translated, machine, kind, stream))
    return module.emitError(llvm::toString(std::move(error))), failure();
  return success();
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
