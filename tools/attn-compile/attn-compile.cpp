//===- attn-compile.cpp - compiles a description to a bundle --------------===//

#include "codegen/Dispatcher.h"
#include "tools/attn-compile/AbiHeader.h"
#include "tools/attn-compile/BundleFiles.h"
#include "tools/attn-compile/GpuBundle.h"
#include "tools/attn-compile/Header.h"
#include "tools/attn-compile/Manifest.h"
#include "tools/attn-compile/Options.h"
#include "tools/common/Description.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/SourceMgr.h"

#include <csignal>

using namespace mlir;
using namespace mlir::attn;

/// The kernels for all targets. One has the bundle's name; of several each has a name of its own, made of the bundle's and the
/// target's.
static LogicalResult compileTargets(Description &description, const CompileOptions &options, Bundle &bundle) {
  bundle.name = makeIdentifier(description.entry.getName());
  for (const std::string &target : options.targets) {
    OwningOpRef<ModuleOp> module = description.module->clone();
    auto entry = module->lookupSymbol<func::FuncOp>(description.entry.getName());
    std::string name = options.targets.size() == 1 ? bundle.name : makeIdentifier(bundle.name + "_" + target);
    FailureOr<CompiledKernel> kernel = compileForCpu(std::move(module), entry, target, description.text, name);
    if (failed(kernel))
      return failure();
    bundle.kernels.push_back(std::move(*kernel));
  }
  return success();
}

static FailureOr<std::vector<CompiledGpuKernel>> compileGpuTargets(Description &description, const CompileOptions &options, Bundle &bundle) {
  bundle.name = makeIdentifier(description.entry.getName());
  std::vector<CompiledGpuKernel> kernels;
  for (const std::string &target : options.targets) {
    OwningOpRef<ModuleOp> module = description.module->clone();
    auto entry = module->lookupSymbol<func::FuncOp>(description.entry.getName());
    FailureOr<CompiledGpuKernel> kernel = compileForGpu(std::move(module), entry, target, description.text, bundle.name);
    if (failed(kernel))
      return failure();
    kernels.push_back(std::move(*kernel));
  }
  return kernels;
}

static FailureOr<ObjectBytes> makeObject(const Bundle &bundle) {
  if (bundle.kernels.size() == 1)
    return bundle.kernels.front().object;
  llvm::Expected<ObjectBytes> object = joinKernels(bundle.kernels, bundle.name);
  if (!object)
    return reportError(llvm::toString(object.takeError()));
  return std::move(*object);
}

static LogicalResult writeBundle(const Bundle &bundle, ArrayRef<AttentionFacts> facts, StringRef directory) {
  FailureOr<ObjectBytes> object = makeObject(bundle);
  if (failed(object))
    return failure();
  llvm::Expected<ObjectBytes> library = linkSharedLibrary(*object);
  if (!library)
    return reportError(llvm::toString(library.takeError()));
  std::string header = makeHeader(bundle), manifest = makeManifest(bundle, facts);
  auto view = [](const ObjectBytes &bytes) { return StringRef(bytes.data(), bytes.size()); };
  return writeBundleFiles(directory, {{"attn_abi.h", getAbiHeader()},
                                      {bundle.name + ".h", header},
                                      {bundle.name + ".o", view(*object)},
                                      {bundle.name + ".so", view(*library)},
                                      {bundle.name + ".json", manifest}});
}

static LogicalResult compile(const CompileOptions &options) {
  DialectRegistry registry;
  registerCompilerDialects(registry);
  MLIRContext context(registry, MLIRContext::Threading::DISABLED);
  context.printOpOnDiagnostic(false);
  FailureOr<Description> description = loadDescription(context, options.input, options.entry);
  if (failed(description))
    return failure();
  llvm::SourceMgr sources;
  SourceMgrDiagnosticHandler handler(sources, &context);
  Bundle bundle;
  bundle.entry = description->entry.getName().str();
  bundle.source = options.input == "-" ? "standard input" : llvm::sys::path::filename(options.input).str();
  std::vector<AttentionFacts> facts = collectFacts(description->entry);
  if (options.isForGpu()) {
    FailureOr<std::vector<CompiledGpuKernel>> kernels = compileGpuTargets(*description, options, bundle);
    return failed(kernels) ? failure() : writeGpuBundle(bundle, *kernels, facts, options.directory);
  }
  if (failed(compileTargets(*description, options, bundle)))
    return failure();
  return writeBundle(bundle, facts, options.directory);
}

int main(int argc, char **argv) {
  // A file that would exceed the limit on its size is an error like any other.
  signal(SIGXFSZ, SIG_IGN);
  FailureOr<CompileOptions> options = parseCommandLine(argc, argv);
  return failed(options) || failed(compile(*options));
}
