//===- Options.cpp - the command line of attn-run -------------------------===//

#include "tools/attn-run/Options.h"
#include "llvm/Support/CommandLine.h"
#include "tools/common/Description.h"

#include <cmath>

using namespace mlir;
using namespace mlir::attn;

namespace cl = llvm::cl;

static const char *kOverview = "runs an attention description\n\n"
                               "Inputs are read from files, or drawn: dynamic sizes, where --shape does not give them, are small and odd;\n"
                               "tensors are normal; lengths and run-time numbers lie in their range. The exit status is 0 only if all that\n"
                               "was asked for held.\n";

FailureOr<RunOptions> attn::parseCommandLine(int argc, char **argv) {
  // LLVM's libraries register options of their own, which are none of this tool's and clash with them.
  cl::ResetCommandLineParser();
  cl::OptionCategory category("attn-run options");
  cl::opt<std::string> input(cl::Positional, cl::desc("<description.mlir>"), cl::Required, cl::cat(category));
  cl::opt<std::string> entry("entry", cl::desc("Function to run; may be left out if there is only one"), cl::value_desc("name"), cl::cat(category));
  cl::opt<std::string> target("target", cl::init("host"), cl::value_desc("target"), cl::cat(category),
                              cl::desc("host (default), x86-64, x86-64-v3, x86-64-v4, x86-64-v4+avx512bf16, or reference: the float64 interpreter"));
  cl::list<std::string> inputs("inputs", cl::CommaSeparated, cl::value_desc("q.npy,k.npy,..."), cl::cat(category),
                               cl::desc("Files for the tensor arguments, in order"));
  cl::list<std::string> outputs("output", cl::CommaSeparated, cl::value_desc("o.npy,..."), cl::cat(category),
                                cl::desc("Files for the results, in order; trailing ones may be left out"));
  cl::list<std::string> shape("shape", cl::CommaSeparated, cl::value_desc("B=2,Tq=4096,Tk=4096"), cl::cat(category),
                              cl::desc("Dynamic sizes; those left out are drawn"));
  cl::list<std::string> numbers("set", cl::CommaSeparated, cl::value_desc("W=17,scale=0.1"), cl::cat(category),
                                cl::desc("Scalar arguments; those left out are drawn"));
  cl::opt<uint64_t> seed("seed", cl::init(1), cl::desc("Seed of everything that is drawn (default 1)"), cl::cat(category));
  cl::opt<unsigned> threads("threads", cl::init(0), cl::desc("Threads to use (default ATTN_NUM_THREADS, else all CPUs)"), cl::cat(category));
  cl::opt<bool> check("check", cl::desc("Compare with the interpreter and print the errors against their bounds"), cl::cat(category));
  cl::opt<bool> bench("bench", cl::desc("Print time, useful FLOP/s and bytes/s"), cl::cat(category));
  cl::opt<bool> poison("poison", cl::desc("Fill keys and values beyond the lengths with NaN"), cl::cat(category));
  cl::HideUnrelatedOptions(category);
  if (!cl::ParseCommandLineOptions(argc, argv, kOverview, &llvm::errs()))
    return failure();

  RunOptions options = {input, entry, target, inputs, outputs, {}, {}, seed, threads, check, bench, poison};
  if (failed(parseShapeOption(shape, options.shape)) || failed(parseSetOption(numbers, options.numbers)))
    return failure();
  if (!options.inputs.empty() && !options.shape.empty())
    return reportError("expected --inputs or --shape, but got both");
  return options;
}
