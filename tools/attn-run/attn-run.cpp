//===- attn-run.cpp - runs an attention description -----------------------===//

#include "tools/attn-run/Bench.h"
#include "tools/attn-run/Kernel.h"
#include "tools/attn-run/Npy.h"
#include "tools/attn-run/Verify.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace mlir::attn;

/// Says what was run on, so that a drawn case can be repeated.
static void printCase(func::FuncOp function, const Signature &signature, const Arguments &arguments,
                      const RunOptions &options) {
  llvm::outs() << "run " << function.getName();
  for (auto [name, size] : llvm::zip_equal(signature.shapes.names, arguments.sizes))
    llvm::outs() << " " << name << "=" << size;
  for (auto [parameter, value] : llvm::zip_equal(signature.arguments, arguments.values))
    if (!value.tensor)
      llvm::outs() << " " << parameter.name << "=" << printNumber(value.number);
  if (options.inputs.empty())
    llvm::outs() << " seed=" << options.seed;
  llvm::outs() << "\n";
}

static LogicalResult writeOutputs(const RunOptions &options, ArrayRef<HostTensor> results) {
  SmallVector<const HostTensor *> tensors;
  for (const HostTensor &result : results.take_front(options.outputs.size()))
    tensors.push_back(&result);
  return writeNpyFiles(options.outputs, tensors);
}

static LogicalResult runDescription(const RunOptions &options) {
  DialectRegistry registry;
  registerDescriptionDialects(registry);
  MLIRContext context(registry, MLIRContext::Threading::DISABLED);
  FailureOr<Description> description = loadDescription(context, options.input, options.entry);
  if (failed(description))
    return failure();
  FailureOr<Signature> signature = inferSignature(description->entry);
  if (failed(signature))
    return failure();
  if (options.outputs.size() > signature->results.size())
    return reportError("expected --output to hold at most " + Twine(signature->results.size()) +
                       " files, one for each result, but got " + Twine(options.outputs.size()));
  FailureOr<Arguments> arguments =
      options.inputs.empty() ? drawArguments(*signature, options) : readArguments(*signature, options);
  if (failed(arguments) || (options.poison && failed(poisonBeyondLengths(description->entry, *arguments))))
    return failure();
  FailureOr<std::vector<HostTensor>> results = createResults(*signature, arguments->sizes);
  if (failed(results))
    return failure();
  FailureOr<std::unique_ptr<Kernel>> kernel = Kernel::create(*description, options.target, options.threads);
  if (failed(kernel))
    return failure();
  printCase(description->entry, *signature, *arguments, options);
  if (failed((*kernel)->prepare(*arguments, *results)) || failed((*kernel)->run(*arguments, *results)) || failed((*kernel)->fetch(*results)))
    return failure();
  if (options.check &&
      failed(verifyResults(description->entry, *signature, *arguments, *results, options.threads, options.seed)))
    return failure();
  if (options.bench && failed(benchmark(**kernel, description->entry, *signature, *arguments, *results)))
    return failure();
  return writeOutputs(options, *results);
}

int main(int argc, char **argv) {
  FailureOr<RunOptions> options = parseCommandLine(argc, argv);
  return failed(options) || failed(runDescription(*options));
}
