//===- panel_timing.cpp - speed of the panel kernel on one thread ---------===//
//
//   panel_timing LEVEL DTYPE DIM T MASK [panels per superblock] [score]
//
// LEVEL: a CPU level or `host`; DTYPE: f32, bf16, f16; MASK: full, causal, window512; score: none, softcap, alibi.
//
//===----------------------------------------------------------------------===//

#include "benchmarks/dev/MachinePeaks.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "test/unit/cpu/PanelAttention.h"

#include <cmath>
#include <cstdio>
#include <cstring>
#include <random>
#include <string>

using namespace mlir;
using namespace mlir::attn;
using namespace mlir::attn::test;

static uint16_t toBf16(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, 4);
  return (bits + 0x7fff + ((bits >> 16) & 1)) >> 16;
}

static void fill(Buffer &buffer, Dtype dtype, size_t count, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal;
  for (size_t i = 0; i < count; ++i) {
    float value = normal(random);
    if (dtype == Dtype::F32)
      buffer.as<float>()[i] = value;
    else if (dtype == Dtype::BF16)
      buffer.as<uint16_t>()[i] = toBf16(value);
    else {
      _Float16 half = value;
      std::memcpy(buffer.as<uint16_t>() + i, &half, 2);
    }
  }
}

int main(int argc, char **argv) {
  if (argc < 6) {
    std::fprintf(stderr, "usage: panel_timing LEVEL DTYPE DIM T MASK [panels] [score] [group] [keys]\n");
    return 1;
  }
  std::string level = argv[1], dtype = argv[2], mask = argv[5], score = argc > 7 ? argv[7] : "none";
  std::optional<CpuMachine> machine = level == "host" ? CpuMachine::detectHost() : CpuMachine::lookup(level);
  PanelProblem problem;
  problem.dtype = problem.output = dtype == "f32" ? Dtype::F32 : dtype == "bf16" ? Dtype::BF16 : Dtype::F16;
  problem.keyDim = problem.valueDim = std::atoi(argv[3]);
  problem.positions = problem.keys = std::atoi(argv[4]);
  problem.scale = 1 / std::sqrt(float(problem.keyDim));
  if (argc > 6)
    problem.panelsPerSuperblock = std::atoi(argv[6]);
  if (argc > 8)
    problem.group = std::atoi(argv[8]);
  if (argc > 9)
    problem.keys = std::atoi(argv[9]);
  problem.prefetch = std::getenv("PREFETCH");
  if (mask == "causal")
    problem.visible = [&](int64_t i) { return Interval{0, i + 1}; };
  else if (mask == "window512")
    problem.visible = [&](int64_t i) { return Interval{i - 511, i + 1}; };

  float scale = problem.scale;
  auto softCap = [&](ImplicitLocOpBuilder &b, Value s, const ScoreContext &) -> Value {
    Value inner = arith::MulFOp::create(b, s, floatConstant(b, s.getType(), scale / 30));
    return arith::MulFOp::create(b, math::TanhOp::create(b, inner), floatConstant(b, s.getType(), 30));
  };
  auto linearBias = [&](ImplicitLocOpBuilder &b, Value s, const ScoreContext &context) -> Value {
    Value key = arith::IndexCastOp::create(b, b.getI32Type(), context.keyInTile);
    Value bias =
        arith::MulFOp::create(b, arith::SIToFPOp::create(b, b.getF32Type(), key), floatConstant(b, b.getF32Type(), 0.01));
    return math::FmaOp::create(b, s, floatConstant(b, s.getType(), scale), splat(b, s.getType(), bias));
  };
  ScoreHook hook = nullptr;
  if (score == "softcap")
    hook = softCap;
  else if (score == "alibi")
    hook = linearBias;
  PanelAttention attention(*machine, problem, hook, score != "none");
  if (!attention.getError().empty()) {
    std::fprintf(stderr, "%s\n", attention.getError().c_str());
    return 1;
  }
  size_t size = bytesOf(problem.dtype);
  Buffer q(problem.rows() * problem.keyDim * size), k(problem.keys * problem.keyDim * size),
      v(problem.keys * problem.valueDim * size), o(problem.rows() * problem.valueDim * size), lse(problem.rows() * 4);
  fill(q, problem.dtype, problem.rows() * problem.keyDim, 1);
  fill(k, problem.dtype, problem.keys * problem.keyDim, 2);
  fill(v, problem.dtype, problem.keys * problem.valueDim, 3);
  double pairs = 0;
  for (int64_t i = 0; i < problem.positions; ++i) {
    Interval visible = problem.visibleAt(i);
    pairs += double(problem.group) * (visible.end - visible.first);
  }
  double flops = 2.0 * (problem.keyDim + problem.valueDim) * pairs;
  bool dots = machine->bf16Dot && problem.dtype == Dtype::BF16;
  double peak = dots ? ::attn::bench::measureBf16Dot() : ::attn::bench::measureFma(machine->lanes);
  ::attn::bench::Timing timing =
      ::attn::bench::time([&] { attention.run(q.as<void>(), k.as<void>(), v.as<void>(), o.as<void>(), lse.as<float>()); });
  double bytes = double(problem.keys) * (problem.keyDim + problem.valueDim) * size;
  std::printf("%s %s D=%s T=%s %s %s: median %.1f GFLOP/s (%.1f %%), best %.1f (%.1f %%), peak %.0f, %.1f GB/s, %d quiet, "
              "compile %.0f ms "
              "(passes %.0f)\n",
              level.c_str(), dtype.c_str(), argv[3], argv[4], mask.c_str(), score.c_str(), flops / timing.median * 1e-9,
              100e-9 * flops / timing.median / peak, flops / timing.best * 1e-9, 100e-9 * flops / timing.best / peak, peak,
              bytes / timing.median * 1e-9, timing.accepted, attention.getCompileMs(), attention.getPassMs());
  return 0;
}
