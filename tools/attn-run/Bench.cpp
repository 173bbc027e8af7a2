//===- Bench.cpp - time of a kernel ---------------------------------------===//

#include "tools/attn-run/Bench.h"
#include "tools/common/Workload.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/raw_ostream.h"

#include <chrono>

using namespace mlir;
using namespace mlir::attn;

/// Timing ends after this long, but not before the least number of runs.
static constexpr double kSeconds = 1.0;
static constexpr size_t kFewestRuns = 5;

/// Seconds of each run, sorted; none if a run failed.
static std::vector<double> timeRuns(llvm::function_ref<LogicalResult()> run) {
  using Clock = std::chrono::steady_clock;
  std::vector<double> seconds;
  double total = 0.0;
  if (failed(run())) // The first run warms caches and starts threads.
    return {};
  while (seconds.size() < kFewestRuns || total < kSeconds) {
    Clock::time_point start = Clock::now();
    if (failed(run()))
      return {};
    seconds.push_back(std::chrono::duration<double>(Clock::now() - start).count());
    total += seconds.back();
  }
  llvm::sort(seconds);
  return seconds;
}

static KnownValues getKnownValues(const Arguments &arguments) {
  KnownValues values;
  values.sizes = arguments.sizes;
  for (const ArgumentValue &value : arguments.values) {
    values.scalars.push_back(value.number);
    values.integers.emplace_back();
    if (value.tensor && !isa<FloatType>(value.tensor->getElementType()))
      for (int64_t n = 0, e = value.tensor->getNumElements(); n < e; ++n)
        values.integers.back().push_back(value.tensor->load(n));
  }
  return values;
}

static double countBytes(const Arguments &arguments, ArrayRef<HostTensor> results) {
  double bytes = 0.0;
  for (const ArgumentValue &value : arguments.values)
    bytes += value.tensor ? value.tensor->getNumBytes() : 0;
  for (const HostTensor &result : results)
    bytes += result.getNumBytes();
  return bytes;
}

LogicalResult attn::benchmark(Kernel &kernel, func::FuncOp function, const Signature &signature, const Arguments &arguments,
                              MutableArrayRef<HostTensor> results) {
  FailureOr<SmallVector<Workload>> workloads = getWorkloads(function, signature, getKnownValues(arguments));
  if (failed(workloads))
    return failure();
  double flops = 0.0;
  bool exact = true;
  for (const Workload &work : *workloads) {
    PairCount pairs = work.countPairs();
    flops += work.countFlops(pairs);
    exact &= pairs.exact;
  }
  std::vector<double> seconds = timeRuns([&] { return kernel.run(arguments, results); });
  if (seconds.empty())
    return failure();
  double median = seconds[seconds.size() / 2], best = seconds.front();
  llvm::outs() << "bench " << kernel.getTarget() << ": median "
               << llvm::format("%.3f ms, best %.3f ms (%zu runs)", median * 1e3, best * 1e3, seconds.size())
               << llvm::format("; %.4g useful GFLOP%s, %.4g GFLOP/s", flops * 1e-9, exact ? "" : " (estimated)",
                               flops / median * 1e-9)
               << llvm::format("; %.4g MB, %.4g GB/s\n", countBytes(arguments, results) * 1e-6,
                               countBytes(arguments, results) / median * 1e-9);
  return success();
}
