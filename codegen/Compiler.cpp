//===- Compiler.cpp - from text to a kernel -------------------------------===//

#include "codegen/Compiler.h"
#include "codegen/TargetModels.h"
#include "codegen/cpu/CpuPipeline.h"
#include "codegen/cpu/Passes.h"
#include "dialect/AttnDialect.h"
#include "dialect/AttnOps.h"
#include "llvm/Support/xxhash.h"
#include "mlir/Dialect/Func/Extensions/InlinerExtension.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/Passes.h"
#include "passes/Passes.h"

using namespace mlir;
using namespace mlir::attn;

StringRef attn::getCompilerVersion() { return ATTN_VERSION " (LLVM " LLVM_VERSION_STRING ")"; }

void attn::registerCompilerDialects(DialectRegistry &registry) {
  registry.insert<AttnDialect, tensor::TensorDialect>();
  func::registerInlinerExtension(registry);
  registerTargetModels(registry);
  registerCpuCodegen(registry);
}

FailureOr<func::FuncOp> attn::findEntry(ModuleOp module, StringRef entry) {
  if (!entry.empty()) {
    auto function = module.lookupSymbol<func::FuncOp>(entry);
    if (!function || function.isExternal())
      return module.emitError("expected a function '") << entry << "', but there is none", failure();
    return function;
  }
  func::FuncOp found;
  for (func::FuncOp function : module.getOps<func::FuncOp>()) {
    if (function.isExternal() || function.isPrivate())
      continue;
    if (found)
      return function.emitError("expected one public function, or the name of the one to compile, but got '")
                 << found.getName() << "' and '" << function.getName() << "'",
             failure();
    found = function;
  }
  if (!found)
    return module.emitError("expected a function to compile, but got none"), failure();
  return found;
}

void attn::buildKernelPipeline(OpPassManager &manager, const CpuMachine &machine) {
  buildNormalizePipeline(manager);
  buildTilePipeline(manager);
  buildSchedulePipeline(manager);
  buildCpuTargetPipeline(manager, machine);
}

/// Functions that the entry calls are inlined; the others are not part of the kernel.
static void keepOnly(ModuleOp module, func::FuncOp entry) {
  for (func::FuncOp function : module.getOps<func::FuncOp>())
    if (function != entry)
      function.setPrivate();
  entry.setPublic();
}

/// A name that C accepts.
static std::string makeIdentifier(StringRef name) {
  std::string identifier;
  for (char c : name)
    identifier += llvm::isAlnum(c) ? c : '_';
  return identifier.empty() || llvm::isDigit(identifier.front()) ? "kernel_" + identifier : identifier;
}

static std::string hashSource(StringRef text, StringRef entry, StringRef target) {
  std::string all = (text + "\0" + entry + "\0" + target + "\0" + getCompilerVersion()).str();
  return llvm::utohexstr(llvm::xxh3_64bits(all), /*LowerCase=*/true, /*Width=*/16);
}

FailureOr<CompiledKernel> attn::compileForCpu(OwningOpRef<ModuleOp> module, func::FuncOp entry, StringRef target, StringRef text) {
  std::optional<CpuMachine> machine = CpuMachine::lookup(target);
  auto targetAttr = TargetAttr::get(entry.getContext(), target);
  if (failed(cast<TargetAttrInterface>(targetAttr).verifyTarget([&] { return entry.emitError(); })))
    return failure();
  FailureOr<Signature> signature = inferSignature(entry);
  if (failed(signature))
    return failure();
  std::string name = makeIdentifier(entry.getName());
  CompiledKernel kernel = {{name, target.str(), getCompilerVersion().str(), hashSource(text, entry.getName(), target)}, *signature, {}};
  keepOnly(*module, entry);
  entry.setName(name);
  entry->setAttr("attn.target", targetAttr);

  PassManager manager(module->getContext(), ModuleOp::getOperationName());
  manager.enableVerifier(false);
  buildKernelPipeline(manager, *machine);
  if (failed(manager.run(*module)))
    return failure();
  llvm::LLVMContext context;
  FailureOr<std::unique_ptr<llvm::Module>> translated = translateForMachine(*module, *machine, context);
  if (failed(translated))
    return failure();
  if (llvm::Error error = completeKernelModule(**translated, kernel.identity, kernel.signature))
    return module->emitError(llvm::toString(std::move(error))), failure();
  FailureOr<ObjectBytes> object = emitObject(**translated, *machine);
  if (failed(object))
    return module->emitError("expected an LLVM that can emit x86 object files"), failure();
  kernel.object = std::move(*object);
  return kernel;
}
