//===- Options.cpp - the command line of attn-run -------------------------===//

#include "tools/attn-run/Options.h"
#include "tools/common/OptionParser.h"

using namespace mlir;
using namespace mlir::attn;

static constexpr uint64_t kMostThreads = 1024;

static const char *kOverview =
    "Runs an attention description.\n\n"
    "Inputs are read from files, or drawn: dynamic sizes, where --shape does not give them, are small and odd;\n"
    "tensors are normal; lengths and run-time numbers lie in their range. The exit status is 0 only if all that\n"
    "was asked for held.";

FailureOr<RunOptions> attn::parseCommandLine(int argc, char **argv) {
  RunOptions options;
  std::vector<std::string> shape, numbers;
  OptionParser parser("attn-run", kOverview);
  parser.addText("entry", "NAME", "function to run; may be left out if there is only one", options.entry);
  parser.addText("target", "TARGET", "host (default), x86-64, ..., sm_80, cuda (the best for the GPU), or reference: the float64 interpreter",
                 options.target);
  parser.addList("inputs", "Q.npy,K.npy,...", "files for the tensor arguments, in order", options.inputs);
  parser.addList("output", "O.npy,...", "files for the results, in order; trailing ones may be left out", options.outputs);
  parser.addList("shape", "B=2,Tq=4096,...", "dynamic sizes; those left out are drawn", shape);
  parser.addList("set", "W=17,scale=0.1,...", "scalar arguments; those left out are drawn", numbers);
  parser.addNumber("seed", "N", "seed of everything that is drawn (default 1)", options.seed);
  parser.addNumber("threads", "N", "threads to use (default ATTN_NUM_THREADS, else all CPUs)", options.threads);
  parser.addFlag("check", "compare with the interpreter and print the errors against their bounds", options.check);
  parser.addFlag("bench", "print time, useful FLOP/s and bytes/s", options.bench);
  parser.addFlag("poison", "fill keys and values beyond the lengths with NaN", options.poison);
  if (failed(parser.parse(argc, argv, options.input)) || failed(parseShapeOption(shape, options.shape)) ||
      failed(parseSetOption(numbers, options.numbers)))
    return failure();
  if (!options.inputs.empty() && !options.shape.empty())
    return reportError("expected --inputs or --shape, but got both");
  if (options.threads > kMostThreads)
    return reportError("expected --threads to be at most " + Twine(kMostThreads) + ", but got " + Twine(options.threads));
  return options;
}
