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
  ::attn::bench::Timing timing = ::attn::bench::time([&] {
    for (int64_t h = 0; h < heads; ++h)
      attention.run(q.as<void>(), k.as<char>() + h * headBytes, v.as<char>() + h * headBytes, o.as<void>(), lse.as<float>());
  });
  double peak = ::attn::bench::measureRead(), bytes = 2.0 * heads * headBytes;
  std::printf(
      "%s %s D=%s rows=%s keys=%lld heads=%lld: median %.1f GB/s (%.0f %%), best %.1f (%.0f %%), read %.1f GB/s, %d quiet, "
      "compile %.0f ms\n",
      level.c_str(), dtype.c_str(), argv[3], argv[4], (long long)problem.keys, (long long)heads, bytes / timing.median * 1e-9,
      100e-9 * bytes / timing.median / peak, bytes / timing.best * 1e-9, 100e-9 * bytes / timing.best / peak, peak,
      timing.accepted, attention.getCompileMs());
  return 0;
}
