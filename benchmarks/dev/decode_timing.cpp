//===- decode_timing.cpp - speed of the decode kernel on one thread -------===//
//
//   decode_timing LEVEL DTYPE DIM ROWS [KEYS] [HEADS]
//
// ROWS query rows share each of HEADS key/value heads, which together should not fit the last cache. Prints GB/s of keys and
// values.
//
//===----------------------------------------------------------------------===//

#include "benchmarks/dev/MachinePeaks.h"
#include "test/unit/cpu/DecodeAttention.h"
#include "test/unit/cpu/NaiveAttention.h"

#include <cstdio>
#include <string>

using namespace mlir::attn;
using namespace mlir::attn::test;

int main(int argc, char **argv) {
  if (argc < 5) {
    std::fprintf(stderr, "usage: decode_timing LEVEL DTYPE DIM ROWS [KEYS] [HEADS]\n");
    return 1;
  }
  std::string level = argv[1], dtype = argv[2];
  std::optional<CpuMachine> machine = level == "host" ? CpuMachine::detectHost() : CpuMachine::lookup(level);
  PanelProblem problem;
  problem.dtype = problem.output = dtype == "f32" ? Dtype::F32 : dtype == "bf16" ? Dtype::BF16 : Dtype::F16;
  problem.keyDim = problem.valueDim = std::atoi(argv[3]);
  problem.group = std::atoi(argv[4]);
  problem.keys = argc > 5 ? std::atoi(argv[5]) : 8192;
  int64_t heads = argc > 6 ? std::atoi(argv[6]) : 32;
  problem.scale = 0.09f;
  DecodeAttention attention(*machine, problem);
  if (!attention.getError().empty()) {
    std::fprintf(stderr, "%s\n", attention.getError().c_str());
    return 1;
  }
  size_t size = bytesOf(problem.dtype), headBytes = problem.keys * problem.keyDim * size;
  Buffer q = randomBuffer(problem.dtype, problem.group * problem.keyDim, 1), k(heads * headBytes), v(heads * headBytes);
  Buffer head = randomBuffer(problem.dtype, problem.keys * problem.keyDim, 2);
  for (int64_t h = 0; h < heads; ++h) {
    std::memcpy(k.as<char>() + h * headBytes, head.as<char>(), headBytes);
    std::memcpy(v.as<char>() + h * headBytes, head.as<char>(), headBytes);
  }
  Buffer o(problem.group * problem.valueDim * 4), lse(problem.group * 4);
  // Neighbours share the memory, so each run is set against plain reads just before and after it.
  double bytes = 2.0 * heads * headBytes, best = 0;
  std::vector<double> shares;
  int rounds = argc > 7 ? std::atoi(argv[7]) : 15;
  for (int i = 0; i < rounds; ++i) {
    double before = ::attn::bench::readOnce(), start = ::attn::bench::now();
    for (int64_t h = 0; h < heads; ++h)
      attention.run(q.as<void>(), k.as<char>() + h * headBytes, v.as<char>() + h * headBytes, o.as<void>(), lse.as<float>());
    double rate = bytes / (::attn::bench::now() - start) * 1e-9, after = ::attn::bench::readOnce();
    best = std::max(best, rate);
    if (std::max(before, after) < 1.1 * std::min(before, after))
      shares.push_back(rate / (0.5 * (before + after)));
  }
  std::sort(shares.begin(), shares.end());
  // One head that stays in cache, the best of many short runs: what the instructions alone allow.
  double cached = 0;
  for (int i = 0; i < 2000; ++i) {
    double start = ::attn::bench::now();
    attention.run(q.as<void>(), k.as<char>(), v.as<char>(), o.as<void>(), lse.as<float>());
    cached = std::max(cached, 2.0 * headBytes / (::attn::bench::now() - start) * 1e-9);
  }
  std::printf(
      "%s %s D=%s rows=%s keys=%lld heads=%lld: %.0f %% of reads beside it (median of %zu steady runs), best %.1f GB/s, read "
      "%.1f GB/s, from cache %.1f GB/s, compile %.0f ms\n",
      level.c_str(), dtype.c_str(), argv[3], argv[4], (long long)problem.keys, (long long)heads,
      shares.empty() ? 0.0 : 100 * shares[shares.size() / 2], shares.size(), best, ::attn::bench::measureRead(), cached,
      attention.getCompileMs());
  return 0;
}
