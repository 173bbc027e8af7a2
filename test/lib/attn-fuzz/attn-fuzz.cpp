//===- attn-fuzz.cpp - random descriptions against the interpreter --------===//
//
// Draws descriptions and inputs from a seed, compiles and runs them by way of the runtime library, and compares with the interpreter by
// the error rule; bits must not depend on the number of threads. Prints what fails in its simplest form.
//
//===----------------------------------------------------------------------===//

#include "test/lib/attn-fuzz/Worker.h"
#include "llvm/Support/CommandLine.h"

#include <cstdio>
#include <thread>

using namespace mlir::attn::fuzz;

static llvm::cl::OptionCategory category("attn-fuzz options");
static llvm::cl::opt<uint64_t> seed("seed", llvm::cl::desc("Seed of all descriptions and inputs"), llvm::cl::init(1), llvm::cl::cat(category));
static llvm::cl::opt<uint64_t> count("count", llvm::cl::desc("Number of descriptions"), llvm::cl::init(1000), llvm::cl::cat(category));
static llvm::cl::opt<uint64_t> first("first", llvm::cl::desc("Number of the first description"), llvm::cl::init(0), llvm::cl::cat(category));
static llvm::cl::opt<unsigned> jobs("jobs", llvm::cl::desc("Descriptions at a time; 0: one for each CPU"), llvm::cl::init(0), llvm::cl::cat(category));
static llvm::cl::opt<int> seconds("timeout", llvm::cl::desc("Seconds after which a description counts as a hang"), llvm::cl::init(60),
                                  llvm::cl::cat(category));
static llvm::cl::opt<unsigned> maxFailures("max-failures", llvm::cl::desc("Failures after which it stops"), llvm::cl::init(10),
                                           llvm::cl::cat(category));
static llvm::cl::opt<unsigned> attempts("shrink", llvm::cl::desc("Attempts to make a failing description smaller"), llvm::cl::init(300),
                                        llvm::cl::cat(category));
static llvm::cl::opt<bool> print("print", llvm::cl::desc("Print the descriptions, run nothing"), llvm::cl::cat(category));

static void printCase(const Case &test) {
  std::printf("%s", test.print().c_str());
  for (const Run &run : test.runs)
    std::printf("// %s\n", test.describe(run).c_str());
}

/// Makes a failing case smaller as long as it fails.
static void shrink(Case &test, Outcome &outcome) {
  unsigned left = attempts;
  for (bool progress = true; progress && left;) {
    progress = false;
    for (Case &simpler : simplify(test)) {
      if (left-- == 0)
        break;
      Outcome changed = executeApart(simpler, seconds);
      if (changed.kind != outcome.kind)
        continue;
      test = simpler;
      outcome = changed;
      progress = true;
      break;
    }
  }
}

static void reportFailure(Case test, Outcome outcome) {
  std::printf("FAILED: %s of description %llu (--seed=%llu --first=%llu --count=1)\n  %s\n", getName(outcome.kind), (unsigned long long)test.number,
              (unsigned long long)seed, (unsigned long long)test.number, outcome.message.substr(0, 2000).c_str());
  std::fflush(stdout);
  shrink(test, outcome);
  std::printf("smallest:\n  %s\n", outcome.message.substr(0, 2000).c_str());
  printCase(test);
  std::printf("\n");
  std::fflush(stdout);
}

int main(int argc, char **argv) {
  llvm::cl::HideUnrelatedOptions(category);
  llvm::cl::ParseCommandLineOptions(argc, argv, "random descriptions against the interpreter\n");
  // Nothing is taken from a cache, and nothing put there.
  setenv("ATTN_CACHE_DIR", "", /*overwrite=*/1);
  if (print) {
    for (uint64_t number = first; number < first + count; ++number)
      printCase(drawCase(seed, number));
    return 0;
  }
  std::printf("seed %llu: descriptions %llu to %llu\n", (unsigned long long)seed, (unsigned long long)first, (unsigned long long)(first + count - 1));
  unsigned numbers[4] = {}, runs = 0;
  unsigned atATime = jobs ? unsigned(jobs) : std::max(1u, std::thread::hardware_concurrency());
  executeMany(seed, first, count, atATime, seconds, [&](const Case &test, const Outcome &outcome) {
    ++numbers[outcome.kind];
    runs += test.runs.size();
    if (outcome.kind != Outcome::Right)
      reportFailure(test, outcome);
    if (unsigned done = numbers[0] + numbers[1] + numbers[2] + numbers[3]; done % 100 == 0) {
      std::printf("%u descriptions, %u right\n", done, numbers[Outcome::Right]);
      std::fflush(stdout);
    }
    return numbers[Outcome::Wrong] + numbers[Outcome::Crash] + numbers[Outcome::Hang] < maxFailures;
  });
  unsigned failed = numbers[Outcome::Wrong] + numbers[Outcome::Crash] + numbers[Outcome::Hang];
  std::printf("%u descriptions with %u runs, seed %llu: %u right, %u mismatches, %u crashes, %u hangs\n", numbers[Outcome::Right] + failed, runs,
              (unsigned long long)seed, numbers[Outcome::Right], numbers[Outcome::Wrong], numbers[Outcome::Crash], numbers[Outcome::Hang]);
  return failed != 0;
}
