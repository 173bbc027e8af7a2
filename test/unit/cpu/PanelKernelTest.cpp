//===- PanelKernelTest.cpp - panel kernels against attention in double ----===//

#include "test/unit/cpu/NaiveAttention.h"
#include "test/unit/cpu/RunnableLevels.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "gtest/gtest.h"

using namespace mlir;
using namespace mlir::attn;
using namespace mlir::attn::test;

namespace {

double plainScore(double s, int64_t, int64_t, int64_t) { return s; }

/// Largest relative error that rounding explains: of the inputs' products, the weights and the output.
double tolerance(const PanelProblem &p) {
  if (p.dtype == Dtype::BF16 || p.output == Dtype::BF16)
    return 6e-3;
  return p.output == Dtype::F16 ? 6e-4 : 2e-6;
}

template <typename Score = double (*)(double, int64_t, int64_t, int64_t)>
void expectCorrect(const CpuMachine &machine, const PanelProblem &p, ScoreHook hook = nullptr, Score score = plainScore,
                   float inputScale = 1) {
  SCOPED_TRACE(machine.name.str() + " dtype " + std::to_string(int(p.dtype)) + " -> " + std::to_string(int(p.output)) +
               " group " + std::to_string(p.group) + " positions " + std::to_string(p.positions) + " keys " +
               std::to_string(p.keys) + " dims " + std::to_string(p.keyDim) + ", " + std::to_string(p.valueDim));
  PanelAttention attention(machine, p, hook, /*hookScales=*/bool(hook));
  ASSERT_EQ(attention.getError(), "");
  Buffer q = randomBuffer(p.dtype, p.rows() * p.keyDim, 1, inputScale);
  Buffer k = randomBuffer(p.dtype, p.keys * p.getKeyStride(), 2, inputScale),
         v = randomBuffer(p.dtype, p.keys * p.getValueStride(), 3);
  // What lies between the rows and behind the last one must not matter.
  for (int64_t j = 0; j < p.keys; ++j) {
    for (int64_t d = p.keyDim; d < p.getKeyStride(); ++d)
      storeElement(k.as<void>(), p.dtype, j * p.getKeyStride() + d, NAN);
    for (int64_t e = p.valueDim; e < p.getValueStride(); ++e)
      storeElement(v.as<void>(), p.dtype, j * p.getValueStride() + e, NAN);
  }
  for (int64_t i = 0; i < 512; ++i) {
    storeElement(k.as<void>(), p.dtype, p.keys * p.getKeyStride() + i, NAN);
    storeElement(v.as<void>(), p.dtype, p.keys * p.getValueStride() + i, NAN);
  }
  size_t outputs = p.rows() * p.valueDim;
  Buffer o(outputs * bytesOf(p.output)), lse(p.rows() * 4);
  storeElement(o.as<void>(), p.output, outputs, 42);
  attention.run(q.as<void>(), k.as<void>(), v.as<void>(), o.as<void>(), lse.as<float>());
  EXPECT_EQ(loadElement(o.as<void>(), p.output, outputs), 42) << "wrote beyond the output";
  Error error;
  std::vector<double> expected;
  for (int64_t head = 0; head < p.group; ++head)
    for (int64_t position = 0; position < p.positions; ++position) {
      double logSumExp = naiveRow(p, q.as<void>(), k.as<void>(), v.as<void>(), head, position, score, expected);
      int64_t row = head * p.positions + position;
      for (int64_t e = 0; e < p.valueDim; ++e)
        error.add(loadElement(o.as<void>(), p.output, row * p.valueDim + e), expected[e]);
      if (std::isinf(logSumExp))
        EXPECT_EQ(lse.as<float>()[row], -INFINITY);
      else
        EXPECT_NEAR(lse.as<float>()[row], logSumExp, 1e-5 * (1 + std::abs(logSumExp)) * (p.dtype == Dtype::BF16 ? 10 : 1));
    }
  EXPECT_LE(error.relative(), tolerance(p));
}

TEST(PanelKernel, FullAtOddSizes) {
  for (const CpuMachine &machine : runnableLevels())
    for (Dtype dtype : {Dtype::F32, Dtype::BF16, Dtype::F16})
      for (auto [positions, keys, keyDim, valueDim] : std::vector<std::array<int64_t, 4>>{
               {1, 1, 1, 1}, {33, 97, 64, 64}, {50, 193, 80, 37}, {7, 300, 17, 128}, {97, 95, 72, 20}}) {
        PanelProblem p;
        p.dtype = dtype;
        p.positions = positions;
        p.keys = keys;
        p.keyDim = keyDim;
        p.valueDim = valueDim;
        p.scale = 1 / std::sqrt(float(keyDim));
        expectCorrect(machine, p);
      }
}

TEST(PanelKernel, CausalWindowAndEmptyRows) {
  for (const CpuMachine &machine : runnableLevels())
    for (Dtype dtype : {Dtype::F32, Dtype::BF16}) {
      PanelProblem p;
      p.dtype = dtype;
      p.positions = 301;
      p.keys = 277;
      p.keyDim = 40;
      p.valueDim = 48;
      p.panelsPerSuperblock = 3;
      p.visible = [](int64_t i) { return Interval{0, i + 1}; };
      expectCorrect(machine, p);
      p.visible = [](int64_t i) { return Interval{i - 30, i - 3}; };
      expectCorrect(machine, p);
    }
}

TEST(PanelKernel, GroupedHeadsShareAPanel) {
  for (const CpuMachine &machine : runnableLevels())
    for (Dtype dtype : {Dtype::F32, Dtype::BF16}) {
      PanelProblem p;
      p.dtype = dtype;
      p.group = 3;
      p.positions = 29;
      p.keys = 150;
      p.visible = [](int64_t i) { return Interval{0, 100 + i}; };
      expectCorrect(machine, p);
    }
}

TEST(PanelKernel, OutputTypesAndRowStrides) {
  for (const CpuMachine &machine : runnableLevels())
    for (Dtype dtype : {Dtype::F32, Dtype::BF16, Dtype::F16})
      for (Dtype output : {Dtype::F32, Dtype::BF16, Dtype::F16}) {
        PanelProblem p;
        p.dtype = dtype;
        p.output = output;
        p.positions = 40;
        p.keys = 200;
        p.keyStride = 333;
        p.valueStride = 70;
        expectCorrect(machine, p);
      }
}

TEST(PanelKernel, PrefetchChangesNothing) {
  for (const CpuMachine &machine : runnableLevels()) {
    PanelProblem p;
    p.positions = 20;
    p.keys = 400;
    p.keyDim = 24;
    p.valueDim = 100;
    p.prefetch = true;
    p.visible = [](int64_t i) { return Interval{0, 350 + i}; };
    expectCorrect(machine, p);
  }
}

TEST(PanelKernel, ScoreHooks) {
  float scale = 0.125f;
  auto softCap = [&](ImplicitLocOpBuilder &b, Value s, const ScoreContext &) -> Value {
    Value inner = arith::MulFOp::create(b, s, floatConstant(b, s.getType(), scale / 2));
    return arith::MulFOp::create(b, math::TanhOp::create(b, inner), floatConstant(b, s.getType(), 2));
  };
  for (const CpuMachine &machine : runnableLevels())
    for (Dtype dtype : {Dtype::F32, Dtype::BF16}) {
      PanelProblem p;
      p.dtype = dtype;
      p.positions = 100;
      p.keys = 130;
      p.scale = scale;
      expectCorrect(machine, p, softCap, [](double s, int64_t, int64_t, int64_t) { return 2 * std::tanh(s / 2); });
      p.visible = [](int64_t i) { return Interval{i - 50, i + 1}; };
      expectCorrect(machine, p, softCap, [](double s, int64_t, int64_t, int64_t) { return 2 * std::tanh(s / 2); });
    }
}

TEST(PanelKernel, PeakedSoftmax) {
  for (const CpuMachine &machine : runnableLevels()) {
    PanelProblem p;
    p.positions = 64;
    p.keys = 500;
    expectCorrect(machine, p, nullptr, plainScore, /*inputScale=*/3);
  }
}

TEST(PanelKernel, NaNInAQueryStaysInItsRow) {
  for (const CpuMachine &machine : runnableLevels())
    for (Dtype dtype : {Dtype::F32, Dtype::BF16}) {
      PanelProblem p;
      p.dtype = dtype;
      p.positions = 40;
      p.keys = 120;
      PanelAttention attention(machine, p);
      ASSERT_EQ(attention.getError(), "");
      Buffer q = randomBuffer(dtype, 40 * 64, 1), k = randomBuffer(dtype, 120 * 64, 2), v = randomBuffer(dtype, 120 * 64, 3);
      std::memset(q.as<char>() + 5 * 64 * bytesOf(dtype), 0xff, bytesOf(dtype));
      Buffer o(40 * 64 * 4), lse(40 * 4);
      attention.run(q.as<void>(), k.as<void>(), v.as<void>(), o.as<void>(), lse.as<float>());
      for (int64_t row = 0; row < 40; ++row)
        EXPECT_EQ(std::isnan(o.as<float>()[row * 64]), row == 5) << "row " << row;
    }
}

} // namespace
