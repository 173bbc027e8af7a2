//===- DecodeKernelTest.cpp - decode kernels against attention in double --===//

#include "test/unit/cpu/DecodeAttention.h"
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

template <typename Score = double (*)(double, int64_t, int64_t, int64_t)>
void expectCorrect(const CpuMachine &machine, const PanelProblem &p, int64_t parts = 1, ScoreHook hook = nullptr,
                   Score score = plainScore) {
  SCOPED_TRACE(machine.name.str() + " dtype " + std::to_string(int(p.dtype)) + " rows " + std::to_string(p.group) + " keys " +
               std::to_string(p.keys) + " dims " + std::to_string(p.keyDim) + ", " + std::to_string(p.valueDim) + " parts " +
               std::to_string(parts));
  DecodeAttention attention(machine, p, parts, hook, /*hookScales=*/bool(hook));
  ASSERT_EQ(attention.getError(), "");
  Buffer q = randomBuffer(p.dtype, p.group * p.keyDim, 1), k = randomBuffer(p.dtype, p.keys * p.getKeyStride(), 2);
  Buffer v = randomBuffer(p.dtype, p.keys * p.getValueStride(), 3);
  auto poison = [&](const Buffer &buffer, int64_t columns, int64_t stride) {
    for (int64_t j = 0; j < p.keys; ++j)
      for (int64_t d = columns; d < stride; ++d)
        storeElement(buffer.as<void>(), p.dtype, j * stride + d, NAN);
    for (int64_t i = 0; i < 1024; ++i)
      storeElement(buffer.as<void>(), p.dtype, p.keys * stride + i, NAN);
  };
  poison(k, p.keyDim, p.getKeyStride());
  poison(v, p.valueDim, p.getValueStride());
  size_t outputs = p.group * p.valueDim;
  Buffer o(outputs * bytesOf(p.output)), lse(p.group * 4);
  storeElement(o.as<void>(), p.output, outputs, 42);
  attention.run(q.as<void>(), k.as<void>(), v.as<void>(), o.as<void>(), lse.as<float>());
  EXPECT_EQ(loadElement(o.as<void>(), p.output, outputs), 42) << "wrote beyond the output";
  Error error;
  std::vector<double> expected;
  for (int64_t head = 0; head < p.group; ++head) {
    double logSumExp = naiveRow(p, q.as<void>(), k.as<void>(), v.as<void>(), head, 0, score, expected);
    for (int64_t e = 0; e < p.valueDim; ++e)
      error.add(loadElement(o.as<void>(), p.output, head * p.valueDim + e), expected[e]);
    if (std::isinf(logSumExp))
      EXPECT_EQ(lse.as<float>()[head], -INFINITY);
    else
      EXPECT_NEAR(lse.as<float>()[head], logSumExp, 1e-5 * (1 + std::abs(logSumExp)) * (p.dtype == Dtype::BF16 ? 10 : 1));
  }
  EXPECT_LE(error.relative(), p.dtype == Dtype::BF16 ? 8e-3 : p.output == Dtype::F16 ? 6e-4 : 2e-6);
}

TEST(DecodeKernel, RowsAndOddSizes) {
  for (const CpuMachine &machine : runnableLevels())
    for (Dtype dtype : {Dtype::F32, Dtype::BF16, Dtype::F16})
      for (auto [rows, keys, keyDim, valueDim] : std::vector<std::array<int64_t, 4>>{{1, 1, 1, 1},
                                                                                     {1, 1025, 64, 64},
                                                                                     {2, 513, 80, 40},
                                                                                     {3, 77, 17, 5},
                                                                                     {4, 1500, 128, 128},
                                                                                     {7, 600, 72, 200},
                                                                                     {8, 130, 256, 256}}) {
        PanelProblem p;
        p.dtype = p.output = dtype;
        p.group = rows;
        p.keys = keys;
        p.keyDim = keyDim;
        p.valueDim = valueDim;
        p.scale = 1 / std::sqrt(float(keyDim));
        expectCorrect(machine, p);
      }
}

TEST(DecodeKernel, WideValuesAreCutIntoColumns) {
  for (const CpuMachine &machine : runnableLevels())
    for (Dtype dtype : {Dtype::F32, Dtype::BF16}) {
      PanelProblem p;
      p.dtype = dtype;
      p.group = 2;
      p.keys = 101;
      p.valueDim = 530;
      expectCorrect(machine, p);
    }
}

TEST(DecodeKernel, IntervalsAndEmptyRows) {
  for (const CpuMachine &machine : runnableLevels())
    for (Dtype dtype : {Dtype::F32, Dtype::BF16})
      for (Interval interval : {Interval{3, 900}, Interval{700, 701}, Interval{5, 5}}) {
        PanelProblem p;
        p.dtype = dtype;
        p.group = 4;
        p.keys = 1000;
        p.visible = [=](int64_t) { return interval; };
        expectCorrect(machine, p);
        expectCorrect(machine, p, /*parts=*/3);
      }
}

TEST(DecodeKernel, PartsMerge) {
  for (const CpuMachine &machine : runnableLevels())
    for (Dtype dtype : {Dtype::F32, Dtype::BF16, Dtype::F16})
      for (int64_t parts : {2, 5}) {
        PanelProblem p;
        p.dtype = p.output = dtype;
        p.group = 3;
        p.keys = 1111;
        p.valueDim = 72;
        expectCorrect(machine, p, parts);
      }
}

TEST(DecodeKernel, RowStrides) {
  for (const CpuMachine &machine : runnableLevels())
    for (Dtype dtype : {Dtype::F32, Dtype::BF16, Dtype::F16}) {
      PanelProblem p;
      p.dtype = dtype;
      p.keys = 520;
      p.keyStride = 129;
      p.valueStride = 200;
      expectCorrect(machine, p);
    }
}

TEST(DecodeKernel, ScoreHookSeesKeysAndRows) {
  float scale = 0.125f;
  // score / 8 + 0.01 * key - row
  auto hook = [&](ImplicitLocOpBuilder &b, Value s, const ScoreContext &context) -> Value {
    auto type = cast<VectorType>(s.getType());
    SmallVector<float> numbers;
    for (int64_t i = 0; i < type.getNumElements(); ++i)
      numbers.push_back(0.01f * i);
    auto toFloat = [&](Value index) -> Value {
      Value integer = arith::IndexCastOp::create(b, b.getI32Type(), index);
      return arith::SIToFPOp::create(b, b.getF32Type(), integer);
    };
    Value first = arith::MulFOp::create(b, toFloat(context.keyInTile), floatConstant(b, b.getF32Type(), 0.01));
    Value bias = splat(b, type, arith::SubFOp::create(b, first, toFloat(context.row)));
    bias = arith::AddFOp::create(b, bias, arith::ConstantOp::create(b, DenseElementsAttr::get(type, ArrayRef<float>(numbers))));
    return math::FmaOp::create(b, s, floatConstant(b, type, scale), bias);
  };
  for (const CpuMachine &machine : runnableLevels())
    for (Dtype dtype : {Dtype::F32, Dtype::BF16}) {
      PanelProblem p;
      p.dtype = dtype;
      p.group = 3;
      p.keys = 300;
      p.scale = scale;
      expectCorrect(machine, p, 1, hook, [](double s, int64_t head, int64_t, int64_t j) { return s + 0.01 * j - head; });
    }
}

TEST(DecodeKernel, NaNInAQueryStaysInItsRow) {
  for (const CpuMachine &machine : runnableLevels())
    for (Dtype dtype : {Dtype::F32, Dtype::BF16}) {
      PanelProblem p;
      p.dtype = dtype;
      p.group = 3;
      p.keys = 120;
      DecodeAttention attention(machine, p);
      ASSERT_EQ(attention.getError(), "");
      Buffer q = randomBuffer(dtype, 3 * 64, 1), k = randomBuffer(dtype, 120 * 64, 2), v = randomBuffer(dtype, 120 * 64, 3);
      std::memset(q.as<char>() + 64 * bytesOf(dtype), 0xff, bytesOf(dtype));
      Buffer o(3 * 64 * 4), lse(3 * 4);
      attention.run(q.as<void>(), k.as<void>(), v.as<void>(), o.as<void>(), lse.as<float>());
      for (int64_t row = 0; row < 3; ++row)
        EXPECT_EQ(std::isnan(o.as<float>()[row * 64]), row == 1) << "row " << row;
    }
}

} // namespace
