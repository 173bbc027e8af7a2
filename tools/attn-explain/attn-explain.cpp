//===- attn-explain.cpp - what a description makes a kernel do ------------===//

#include "codegen/Compiler.h"
#include "runtime/attn.h"
#include "tools/attn-explain/Report.h"
#include "tools/common/Description.h"
#include "tools/common/OptionParser.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace mlir::attn;

namespace {
struct ExplainOptions {
  std::string input, entry, target;
  llvm::StringMap<int64_t> shape;
  llvm::StringMap<double> numbers;
};
} // namespace

/// Sizes that --shape leaves out.
static constexpr int64_t kDefaultBatch = 1, kDefaultLength = 4096;

static const char *kOverview =
    "Tells what an attention description makes a kernel do: segments, tiles, empty rows, work.\n\n"
    "For a GPU also: the kernels of the family and which of them run, their threads, roles, stages and memory, how many waves\n"
    "the tasks are on the usual device of the target, cycles of a multiprocessor for the parts of a key tile, and what limits\n"
    "the kernel. Cycles and times are those of a model in which everything but the longest part is hidden; nothing is run.";

static FailureOr<ExplainOptions> parseCommandLine(int argc, char **argv) {
  ExplainOptions options;
  std::vector<std::string> shape, numbers;
  OptionParser parser("attn-explain", kOverview);
  parser.addText("entry", "NAME", "function to explain; may be left out if there is only one", options.entry);
  parser.addText("target", "TARGET", "machine that chooses the tiles, for example x86-64-v4, sm_80 or sm_90a; or host",
                 options.target);
  parser.addList("shape", "B=2,Tq=4096,...", "dynamic sizes (default B=1, all others 4096)", shape);
  parser.addList("set", "W=17,...", "numbers of masks, and offsets", numbers);
  if (failed(parser.parse(argc, argv, options.input)) || failed(parseShapeOption(shape, options.shape)) ||
      failed(parseSetOption(numbers, options.numbers)))
    return failure();
  return options;
}

/// Lengths count as full; scalars must be given where a mask or an offset depends on them.
static FailureOr<KnownValues> getKnownValues(const Signature &signature, ExplainOptions &options) {
  KnownValues values;
  for (StringRef name : signature.shapes.names) {
    auto given = options.shape.find(name);
    values.sizes.push_back(given != options.shape.end() ? given->second
                           : name.starts_with("B")      ? kDefaultBatch
                                                        : kDefaultLength);
    options.shape.erase(name);
  }
  if (!options.shape.empty())
    return reportError("expected --shape to name dynamic sizes of the function (" + llvm::join(signature.shapes.names, ", ") +
                       "), but got '" + options.shape.begin()->getKey() + "'");
  values.integers.resize(signature.arguments.size());
  for (const Parameter &parameter : signature.arguments) {
    auto given = options.numbers.find(parameter.name);
    bool needsNumber = parameter.type.isIntOrIndex();
    if (needsNumber && given == options.numbers.end())
      return reportError("expected --set " + StringRef(parameter.name) +
                         "=..., because the function takes this number at run time");
    values.scalars.push_back(given != options.numbers.end() ? given->second : 0.0);
    options.numbers.erase(parameter.name);
  }
  if (!options.numbers.empty())
    return reportError("expected --set to name scalar arguments of the function, but got '" +
                       options.numbers.begin()->getKey() + "'");
  return values;
}

/// The machine of --target, or that of the function's attribute; null if there is neither.
static FailureOr<TargetAttrInterface> getTarget(func::FuncOp function, const ExplainOptions &options) {
  Attribute target = function->getAttr("attn.target");
  if (!options.target.empty())
    target = TargetAttr::get(function.getContext(), options.target == "host" ? attn_host_target() : options.target);
  auto machine = dyn_cast_or_null<TargetAttrInterface>(target);
  if (machine && failed(machine.verifyTarget([&] { return function.emitError(); })))
    return failure();
  return machine;
}

static LogicalResult explain(ExplainOptions &options) {
  DialectRegistry registry;
  registerDescriptionDialects(registry);
  registerCompilerDialects(registry);
  MLIRContext context(registry, MLIRContext::Threading::DISABLED);
  FailureOr<Description> description = loadDescription(context, options.input, options.entry);
  if (failed(description))
    return failure();
  func::FuncOp function = description->entry;
  FailureOr<Signature> signature = inferSignature(function);
  if (failed(signature))
    return failure();
  FailureOr<KnownValues> values = getKnownValues(*signature, options);
  FailureOr<TargetAttrInterface> target = getTarget(function, options);
  if (failed(values) || failed(target))
    return failure();
  FailureOr<SmallVector<Workload>> workloads = getWorkloads(function, *signature, *values);
  if (failed(workloads))
    return failure();
  if (workloads->empty())
    return reportError("expected an attention in '" + function.getName() + "', but there is none");
  auto targetAttr = dyn_cast_or_null<TargetAttr>(Attribute(*target));
  std::optional<GpuMachine> machine = targetAttr ? GpuMachine::lookup(targetAttr.getName()) : std::nullopt;
  if (!machine) {
    for (const Workload &work : *workloads)
      printReport(work, *target, nullptr, nullptr, llvm::outs());
    return success();
  }
  FailureOr<std::vector<GpuFamily>> families = lowerForGpu(function, machine->name, *signature, *values, *workloads);
  if (failed(families))
    return failure();
  for (auto [work, family] : llvm::zip(*workloads, *families))
    printReport(work, *target, &*machine, &family, llvm::outs());
  return success();
}

int main(int argc, char **argv) {
  FailureOr<ExplainOptions> options = parseCommandLine(argc, argv);
  return failed(options) || failed(explain(*options));
}
