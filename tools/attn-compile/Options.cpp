//===- Options.cpp - the command line of attn-compile ---------------------===//

#include "tools/attn-compile/Options.h"
#include "codegen/cpu/CpuMachine.h"
#include "llvm/ADT/ScopeExit.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/CommandLine.h"
#include "tools/common/Description.h"

using namespace mlir;
using namespace mlir::attn;

namespace cl = llvm::cl;

static const char *kOverview =
    "compiles an attention description to a bundle for C programs\n\n"
    "Into DIR go, for a function NAME: NAME.h (prototypes; needs attn_abi.h, which lies beside it), NAME.o (to link), NAME.so\n"
    "(to load), NAME.json (what the bundle holds). With several targets NAME.o and NAME.so hold the kernel for each, and the\n"
    "best one that the CPU can run is taken at run time; the least of the targets is what the CPU must offer.\n";

static std::string listTargets() {
  return "host, " + llvm::join(llvm::map_range(CpuMachine::levels(), [](const CpuMachine &level) { return level.name; }), ", ");
}

/// Whether the name is that of a GPU: sm_ and a number, perhaps with a letter.
static bool isGpu(StringRef name) {
  return name.consume_front("sm_") && !name.empty() && llvm::isDigit(name.front());
}

/// The levels that `names` mean, in the order of CpuMachine::levels().
static FailureOr<std::vector<std::string>> resolveTargets(ArrayRef<std::string> names) {
  llvm::SmallVector<StringRef> wanted;
  for (StringRef name : names) {
    if (isGpu(name))
      return reportError("expected an x86 target, but got '" + name + "': this version generates code for x86 only; targets are " + listTargets());
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
  // LLVM's libraries register options of their own, which are none of this tool's and clash with them.
  cl::ResetCommandLineParser();
  cl::OptionCategory category("attn-compile options");
  cl::opt<std::string> input(cl::Positional, cl::desc("<description.mlir>"), cl::Required, cl::cat(category));
  cl::opt<std::string> entry("entry", cl::desc("Function to compile; may be left out if there is only one"), cl::value_desc("name"), cl::cat(category));
  std::string targetHelp = "Comma-separated list of " + listTargets() + " (default host)";
  cl::list<std::string> targets("target", cl::CommaSeparated, cl::value_desc("target,..."), cl::desc(targetHelp), cl::cat(category));
  cl::opt<std::string> directory("o", cl::Required, cl::value_desc("DIR"), cl::desc("Directory of the bundle; is made if it does not exist"), cl::cat(category));
  cl::HideUnrelatedOptions(category);
  // lld resets every option it finds: it must find none of these, which end with this function.
  auto forget = llvm::scope_exit([] { cl::ResetCommandLineParser(); });
  if (!cl::ParseCommandLineOptions(argc, argv, kOverview, &llvm::errs()))
    return failure();
  if (directory.empty())
    return reportError("expected -o to name a directory, but got ''");
  if (targets.getNumOccurrences() == 0)
    targets.push_back("host");
  FailureOr<std::vector<std::string>> resolved = resolveTargets(targets);
  if (failed(resolved))
    return failure();
  return CompileOptions{input, entry, directory, *resolved};
}
