//===- Compiler.cpp - from text to a kernel -------------------------------===//

#include "codegen/Compiler.h"
#include "codegen/TargetModels.h"
#include "codegen/cpu/CpuPipeline.h"
#include "codegen/cpu/Passes.h"
#include "codegen/nvptx/Passes.h"
#include "dialect/AttnDialect.h"
#include "dialect/AttnOps.h"
#include "llvm/Support/xxhash.h"
#include "mlir/Dialect/Func/Extensions/InlinerExtension.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/Passes.h"
#include "passes/Passes.h"
#include "runtime/attn_abi.h"

using namespace mlir;
using namespace mlir::attn;

StringRef attn::getCompilerVersion() { return ATTN_VERSION " (LLVM " LLVM_VERSION_STRING ")"; }

void attn::registerCompilerDialects(DialectRegistry &registry) {
  registry.insert<AttnDialect, tensor::TensorDialect>();
  func::registerInlinerExtension(registry);
  registerTargetModels(registry);
  registerCpuCodegen(registry);
  registerNvptxCodegen(registry);
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

std::string attn::makeIdentifier(StringRef name) {
  std::string identifier;
  for (char c : name)
    identifier += llvm::isAlnum(c) ? c : '_';
  return identifier.empty() || llvm::isDigit(identifier.front()) ? "kernel_" + identifier : identifier;
}

static std::string hashSource(StringRef text, StringRef entry, StringRef target) {
  std::string all;
  for (StringRef part : {text, entry, target, getCompilerVersion()})
    all += part.str() + '\0';
  return llvm::utohexstr(llvm::xxh3_64bits(all), /*LowerCase=*/true, /*Width=*/16);
}

/// Whether there is anything to compute in a function or in those it calls.
static bool holdsAttention(func::FuncOp function) {
  return function
      .walk([](Operation *op) {
        auto call = dyn_cast<func::CallOp>(op);
        bool found = call ? holdsAttention(SymbolTable::lookupNearestSymbolFrom<func::FuncOp>(call, call.getCalleeAttr()))
                          : isa<AttentionOp, MergeOp>(op);
        return found ? WalkResult::interrupt() : WalkResult::advance();
      })
      .wasInterrupted();
}

/// Whether arguments of this type can be handed to a kernel (runtime/attn_abi.h).
static bool isPassable(Type type) {
  if (auto tensor = dyn_cast<RankedTensorType>(type))
    return tensor.getRank() <= ATTN_MAX_RANK &&
           (tensor.getElementType().isInteger(32) || tensor.getElementType().isInteger(64) || tensor.getElementType().isIndex() ||
            isa<Float16Type, BFloat16Type, Float32Type, Float64Type>(tensor.getElementType()));
  return type.isInteger(32) || type.isInteger(64) || type.isIndex() || type.isF32() || type.isF64();
}

static LogicalResult checkEntry(func::FuncOp entry) {
  if (!holdsAttention(entry))
    return entry.emitError("expected the function '") << entry.getName() << "' to hold an attention or a merge, but it has none";
  for (auto [index, type] : llvm::enumerate(entry.getArgumentTypes()))
    if (!isPassable(type))
      return entry.emitError("expected argument ")
             << index << " to be a tensor of up to " << ATTN_MAX_RANK
             << " dimensions of f32, bf16, f16, f64, i32, i64 or index, or a scalar f32, f64, i32, i64 or index, but got " << type;
  return success();
}

/// What the lowered functions say of the family.
static void collectStages(ModuleOp module, CompiledKernel &kernel) {
  module.walk([&](LLVM::LLVMFuncOp function) {
    if (auto stage = function->getAttrOfType<StringAttr>("attn.stage"))
      kernel.stages.push_back(stage.str());
    if (auto bytes = function->getAttrOfType<IntegerAttr>("attn.scratch_bytes"))
      kernel.scratchBytes = bytes.getInt();
  });
}

FailureOr<PreparedKernel> attn::prepareKernel(ModuleOp module, func::FuncOp entry, StringRef target, StringRef text, StringRef name) {
  auto targetAttr = TargetAttr::get(entry.getContext(), target);
  if (failed(cast<TargetAttrInterface>(targetAttr).verifyTarget([&] { return entry.emitError(); })))
    return failure();
  FailureOr<Signature> signature = inferSignature(entry);
  if (failed(signature) || failed(checkEntry(entry)))
    return failure();
  std::string symbol = name.empty() ? makeIdentifier(entry.getName()) : name.str();
  PreparedKernel kernel = {{symbol, target.str(), getCompilerVersion().str(), hashSource(text, entry.getName(), target)}, std::move(*signature)};
  keepOnly(module, entry);
  entry.setName(symbol);
  entry->setAttr("attn.target", targetAttr);
  return kernel;
}

FailureOr<CompiledKernel> attn::compileForCpu(OwningOpRef<ModuleOp> module, func::FuncOp entry, StringRef target, StringRef text, StringRef name) {
  FailureOr<PreparedKernel> prepared = prepareKernel(*module, entry, target, text, name);
  if (failed(prepared))
    return failure();
  std::optional<CpuMachine> machine = CpuMachine::lookup(target);
  if (!machine)
    return entry.emitError("expected the target to be a CPU, but got '") << target << "'", failure();
  CompiledKernel kernel;
  kernel.identity = std::move(prepared->identity);
  kernel.signature = std::move(prepared->signature);

  PassManager manager(module->getContext(), ModuleOp::getOperationName());
  // The verifier costs a quarter of the passes' time; the development and sanitizer builds, and every attn-opt, run it.
#ifdef NDEBUG
  manager.enableVerifier(false);
#endif
  buildKernelPipeline(manager, *machine);
  if (failed(manager.run(*module)))
    return failure();
  collectStages(*module, kernel);
  llvm::LLVMContext context;
  FailureOr<std::unique_ptr<llvm::Module>> translated = translateForMachine(*module, *machine, context);
  if (failed(translated))
    return failure();
  if (llvm::Error error = completeKernelModule(**translated, kernel.identity, kernel.signature))
    return module->emitError(llvm::toString(std::move(error))), failure();
  llvm::Expected<ObjectBytes> object = emitObject(**translated, *machine);
  if (!object)
    return module->emitError(llvm::toString(object.takeError())), failure();
  kernel.object = std::move(*object);
  return kernel;
}
