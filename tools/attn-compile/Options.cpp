//===- Options.cpp - the command line of attn-compile ---------------------===//

#include "tools/attn-compile/Options.h"
#include "codegen/cpu/CpuMachine.h"
#include "tools/common/OptionParser.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace mlir::attn;

static const char *kOverview =
    "Compiles an attention description to a bundle for C programs.\n\n"
    "Into DIR go, for a function NAME: NAME.h (prototypes; needs attn_abi.h, which lies beside it), NAME.o (to link), NAME.so\n"
    "(to load), NAME.json (what the bundle holds). With several targets NAME.o and NAME.so hold the kernel for each, and the\n"
    "best one that the CPU can run is taken at run time; the least of the targets is what the CPU must offer.";

static std::string listTargets() {
  return "host, " + llvm::join(llvm::map_range(CpuMachine::levels(), [](const CpuMachine &level) { return level.name; }), ", ");
}

/// Whether the name is that of a GPU: sm_ and a number, perhaps with a letter.
static bool isGpu(StringRef name) { return name.consume_front("sm_") && !name.empty() && llvm::isDigit(name.front()); }

/// The levels that `names` mean, in the order of CpuMachine::levels().
static FailureOr<std::vector<std::string>> resolveTargets(ArrayRef<std::string> names) {
  llvm::SmallVector<StringRef> wanted;
  for (StringRef name : names) {
    if (isGpu(name))
      return reportError("expected an x86 target, but got '" + name +
                         "': this version generates code for x86 only; targets are " + listTargets());
    std::optional<CpuMachine> machine = name == "host" ? CpuMachine::detectHost() : CpuMachine::lookup(name);
    if (!machine)
      return reportError("expected --target to name one of " + listTargets() + ", but got '" + name + "'");
    wanted.push_back(machine->name);
  }
  std::vector<std::string> targets;
  for (const CpuMachine &level : CpuMachine::levels())
    if (llvm::is_contained(wanted, level.name))
      targets.push_back(level.name.str());
  return targets;
}

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
