//===- CompilerInterface.cpp - what the runtime library calls -------------===//

#include "codegen/GpuFamily.h"
#include "codegen/cpu/Jit.h"
#include "codegen/nvptx/GpuMachine.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/Parser/Parser.h"
#include "runtime/attn_compiler.h"
#include <cstring>

using namespace mlir;
using namespace mlir::attn;

#define ATTN_EXPORT extern "C" __attribute__((visibility("default")))

/// Memory that attnc_free_result frees.
static char *copyBytes(StringRef bytes) {
  auto *copy = static_cast<char *>(malloc(bytes.size() + 1));
  if (copy) {
    memcpy(copy, bytes.data(), bytes.size());
    copy[bytes.size()] = 0;
  }
  return copy;
}

/// Writes diagnostics like a compiler does: place, severity, message, notes.
static std::string printDiagnostic(Diagnostic &diagnostic) {
  std::string text;
  llvm::raw_string_ostream os(text);
  auto print = [&](Diagnostic &entry, StringRef severity) {
    if (auto place = entry.getLocation()->findInstanceOf<FileLineColLoc>())
      os << place.getFilename().getValue() << ":" << place.getLine() << ":" << place.getColumn() << ": ";
    os << severity << entry.str();
  };
  print(diagnostic, "");
  for (Diagnostic &note : diagnostic.getNotes())
    os << "\n", print(note, "note: ");
  return text;
}

/// The kernel as a shared library; empty where it cannot be linked: then there is nothing to cache.
static ObjectBytes linkImage(const ObjectBytes &object) {
  llvm::Expected<ObjectBytes> image = linkSharedLibrary(object);
  if (image)
    return std::move(*image);
  llvm::consumeError(image.takeError());
  return {};
}

/// Makes the kernel in `object` ready to run, and the image of it that is stored.
static LogicalResult finish(const CompiledKernel &kernel, attnc_result *result, std::string &message) {
  llvm::Expected<std::unique_ptr<JitKernel>> loaded = JitKernel::load(kernel);
  if (!loaded)
    return message += llvm::toString(loaded.takeError()), failure();
  ObjectBytes image = linkImage(kernel.object);
  result->kernel = (*loaded)->getKernel();
  result->handle = loaded->release();
  result->release = [](void *handle) { delete static_cast<JitKernel *>(handle); };
  result->image = image.empty() ? nullptr : copyBytes(StringRef(image.data(), image.size()));
  result->image_size = result->image ? image.size() : 0;
  return success();
}

/// The GPU targets that `target` stands for, in the order in which they are tried: "cuda-9.0" is what such a device can run, the best first. None if
/// it means no GPU.
static SmallVector<StringRef> getGpuTargets(StringRef target) {
  if (GpuMachine::lookup(target))
    return {target};
  SmallVector<StringRef> targets;
  int major, minor;
  if (target.consume_front("cuda-") && !target.consumeInteger(10, major) && target.consume_front(".") && !target.consumeInteger(10, minor))
    for (const GpuMachine &machine : llvm::reverse(GpuMachine::machines()))
      if (GpuCapability::of(machine.name).runsOn(10 * major + minor))
        targets.push_back(machine.name);
  return targets;
}

/// The family for the first of the targets that the description can be compiled for; the last one's errors are reported.
static LogicalResult compileGpuText(ModuleOp module, func::FuncOp function, ArrayRef<StringRef> targets, StringRef text, attnc_result *result,
                                    std::string &message) {
  for (StringRef target : targets) {
    message.clear();
    OwningOpRef<ModuleOp> copy = module.clone();
    auto entry = copy->lookupSymbol<func::FuncOp>(function.getName());
    FailureOr<CompiledGpuKernel> compiled = compileForGpu(std::move(copy), entry, target, text, /*name=*/{}, /*isForThisProcess=*/true);
    if (failed(compiled))
      continue;
    llvm::Expected<ObjectBytes> object = joinGpuKernels(*compiled, compiled->identity.name);
    if (!object)
      return message += llvm::toString(object.takeError()), failure();
    CompiledKernel kernel;
    kernel.identity = compiled->identity;
    kernel.object = std::move(*object);
    return finish(kernel, result, message);
  }
  return failure();
}

static LogicalResult compileText(StringRef text, StringRef entry, StringRef target, attnc_result *result, std::string &message) {
  DialectRegistry registry;
  registerCompilerDialects(registry);
  MLIRContext context(registry, MLIRContext::Threading::DISABLED);
  context.printOpOnDiagnostic(false);
  ScopedDiagnosticHandler handler(&context, [&](Diagnostic &diagnostic) {
    if (diagnostic.getSeverity() == DiagnosticSeverity::Error)
      message += (message.empty() ? "" : "\n") + printDiagnostic(diagnostic);
    return success();
  });
  OwningOpRef<ModuleOp> module = parseSourceString<ModuleOp>(text, ParserConfig(&context), "description");
  if (!module)
    return failure();
  FailureOr<func::FuncOp> function = findEntry(*module, entry);
  if (failed(function))
    return failure();
  if (SmallVector<StringRef> targets = getGpuTargets(target); !targets.empty())
    return compileGpuText(*module, *function, targets, text, result, message);
  FailureOr<CompiledKernel> kernel = compileForCpu(std::move(module), *function, target, text);
  if (failed(kernel))
    return failure();
  return finish(*kernel, result, message);
}

ATTN_EXPORT int attnc_compile(const char *text, size_t length, const char *entry, const char *target, attnc_result *result) {
  std::string message;
  if (succeeded(compileText(StringRef(text, length), entry ? entry : "", target, result, message)))
    return 0;
  result->error = copyBytes(message.empty() ? "the compiler failed without saying why" : message);
  return 1;
}

ATTN_EXPORT void attnc_free_result(attnc_result *result) {
  free(const_cast<void *>(result->image));
  free(result->error);
}

ATTN_EXPORT const char *attnc_version(void) { return getCompilerVersion().data(); }

ATTN_EXPORT int attnc_interface_version(void) { return ATTNC_INTERFACE_VERSION; }
