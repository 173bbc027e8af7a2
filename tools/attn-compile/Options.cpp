//===- Options.cpp - the command line of attn-compile ---------------------===//

#include "tools/attn-compile/Options.h"
#include "codegen/cpu/CpuMachine.h"
#include "codegen/nvptx/GpuMachine.h"
#include "tools/common/OptionParser.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace mlir::attn;

static const char *kOverview =
    "Compiles an attention description to a bundle for C programs.\n\n"
    "Into DIR go, for a function NAME: NAME.h (prototypes; needs attn_abi.h, which lies beside it), NAME.o (to link), NAME.so\n"
    "(to load), NAME.json (what the bundle holds). With several targets NAME.o and NAME.so hold the kernel for each, and the\n"
    "best one that the CPU can run is taken at run time; the least of the targets is what the CPU must offer.\n\n"
    "For GPUs there is a launcher NAME.c too, which needs nothing but the CUDA driver at run time. NAME_gpu.o and NAME.so hold\n"
    "the code for all targets; NAME.TARGET.ptx and NAME.TARGET.cubin are the same for people and tools.";

static std::string listTargets() {
  std::string names = "host";
  for (const CpuMachine &level : CpuMachine::levels())
    names += ", " + level.name.str();
  for (const GpuMachine &machine : GpuMachine::machines())
    names += ", " + machine.name.str();
  return names;
}

/// The CPU levels that `names` mean, in the order of CpuMachine::levels(), or the GPUs, in the order of GpuMachine::machines().
static FailureOr<std::vector<std::string>> resolveTargets(ArrayRef<std::string> names) {
  llvm::SmallVector<StringRef> cpus, gpus;
  for (StringRef name : names) {
    std::optional<CpuMachine> cpu = name == "host" ? CpuMachine::detectHost() : CpuMachine::lookup(name);
    std::optional<GpuMachine> gpu = GpuMachine::lookup(name);
    if (!cpu && !gpu)
      return reportError("expected --target to name one of " + listTargets() + ", but got '" + name + "'");
    (cpu ? cpus : gpus).push_back(cpu ? cpu->name : gpu->name);
  }
  if (!cpus.empty() && !gpus.empty())
    return reportError("expected --target to name CPUs or GPUs, as a bundle is for one kind, but got '" + cpus.front() + "' and '" + gpus.front() + "'");
  std::vector<std::string> targets;
  for (const CpuMachine &level : CpuMachine::levels())
    if (llvm::is_contained(cpus, level.name))
      targets.push_back(level.name.str());
  for (const GpuMachine &machine : GpuMachine::machines())
    if (llvm::is_contained(gpus, machine.name))
      targets.push_back(machine.name.str());
  return targets;
}

bool CompileOptions::isForGpu() const { return GpuMachine::lookup(targets.front()).has_value(); }

FailureOr<CompileOptions> attn::parseCommandLine(int argc, char **argv) {
  CompileOptions options;
  std::vector<std::string> targets;
  OptionParser parser("attn-compile", kOverview);
  parser.addText("entry", "NAME", "function to compile; may be left out if there is only one", options.entry);
  parser.addList("target", "TARGET,...", "some of " + listTargets() + " (default host)", targets);
  parser.addText("o", "DIR", "directory of the bundle; it is made if it does not exist", options.directory);
  if (failed(parser.parse(argc, argv, options.input)))
    return failure();
  if (options.directory.empty())
    return reportError("expected -o to name a directory, but got none");
  if (targets.empty())
    targets.push_back("host");
  FailureOr<std::vector<std::string>> resolved = resolveTargets(targets);
  if (failed(resolved))
    return failure();
  options.targets = std::move(*resolved);
  return options;
}
