//===- ExpandMathTest.cpp - expanded math against the C library -----------===//

#include "codegen/cpu/CpuPipeline.h"
#include "codegen/cpu/VectorEmission.h"
#include "test/unit/cpu/JitModule.h"
#include "test/unit/cpu/RunnableLevels.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "gtest/gtest.h"

#include <cmath>
#include <cstring>
#include <functional>

using namespace mlir;
using namespace mlir::attn;
using namespace mlir::attn::test;

namespace {

using Emit = std::function<Value(ImplicitLocOpBuilder &, Value)>;

/// Applies an elementwise operation to numbers, on vectors of `lanes` or, with 1, on scalars.
class Elementwise {
public:
  Elementwise(const CpuMachine &machine, unsigned lanes, const Emit &emit) {
    ImplicitLocOpBuilder b(module.get().getLoc(), module.getContext());
    MemRefType array = MemRefType::get({ShapedType::kDynamic}, b.getF32Type());
    func::FuncOp function = beginFunction(b, module.get(), "apply", {array, array, b.getIndexType()});
    forLoop(b, indexConstant(b, 0), function.getArgument(2), lanes, [&](Value index) {
      if (lanes == 1) {
        Value x = memref::LoadOp::create(b, function.getArgument(0), index);
        memref::StoreOp::create(b, emit(b, x), function.getArgument(1), index);
      } else {
        Value x = vector::LoadOp::create(b, vectorOf(lanes, b.getF32Type()), function.getArgument(0), index);
        vector::StoreOp::create(b, emit(b, x), function.getArgument(1), index);
      }
    });
    func::ReturnOp::create(b);
    error = module.compile(machine);
  }

  std::vector<float> operator()(std::vector<float> inputs) {
    size_t count = inputs.size();
    inputs.resize((count + 15) / 16 * 16, 1.0f);
    std::vector<float> outputs(inputs.size());
    auto in = dense(inputs.data(), inputs.size()), out = dense(outputs.data(), outputs.size());
    module.call<void *, void *, int64_t>("apply", &in, &out, inputs.size());
    outputs.resize(count);
    return outputs;
  }

  std::string error;

private:
  JitModule module;
};

template <typename Op> Emit unary(arith::FastMathFlags flags = arith::FastMathFlags::none) {
  return [=](ImplicitLocOpBuilder &b, Value x) -> Value { return Op::create(b, x.getType(), x, flags); };
}

std::vector<float> numbersBetween(float low, float high) {
  std::vector<float> numbers;
  for (int i = 0; i <= 20000; ++i)
    numbers.push_back(low + (high - low) * (i / 20000.0f));
  return numbers;
}

/// Largest relative error, with `floor` added to the denominator.
double worstError(const std::vector<float> &inputs, const std::vector<float> &outputs, double (*exact)(double),
                  double floor = 0) {
  double worst = 0;
  for (size_t i = 0; i < inputs.size(); ++i) {
    double expected = exact(inputs[i]);
    worst = std::max(worst, std::abs(outputs[i] - expected) / (std::abs(expected) + floor + 1e-300));
  }
  return worst;
}

/// Every level, on its vectors, on shorter ones and on scalars.
void onEveryShape(const Emit &emit, const std::function<void(Elementwise &)> &check) {
  for (const CpuMachine &machine : runnableLevels())
    for (unsigned lanes : {1u, 4u, machine.lanes}) {
      SCOPED_TRACE(machine.name.str() + " lanes " + std::to_string(lanes));
      Elementwise apply(machine, lanes, emit);
      ASSERT_EQ(apply.error, "");
      check(apply);
    }
}

TEST(ExpandMath, Exp2) {
  onEveryShape(unary<math::Exp2Op>(), [](Elementwise &apply) {
    std::vector<float> x = numbersBetween(-125, 127.99f);
    EXPECT_LE(worstError(x, apply(x), std::exp2), 3e-7);
    float inf = INFINITY, allOnes;
    std::memset(&allOnes, 0xff, 4);
    std::vector<float> special = apply({0.0f, -0.0f, -inf, inf, NAN, allOnes, 200.0f, -200.0f, 1.0f, -3.4e38f});
    EXPECT_EQ(special[0], 1.0f);
    EXPECT_EQ(special[1], 1.0f);
    EXPECT_EQ(special[2], 0.0f);
    EXPECT_EQ(special[3], inf);
    EXPECT_TRUE(std::isnan(special[4]));
    EXPECT_TRUE(std::isnan(special[5]));
    EXPECT_EQ(special[6], inf);
    EXPECT_LT(special[7], 1e-37f);
    EXPECT_EQ(special[9], 0.0f);
  });
}

TEST(ExpandMath, FastExp2KeepsOne) {
  onEveryShape(unary<math::Exp2Op>(arith::FastMathFlags::afn), [](Elementwise &apply) {
    std::vector<float> x = numbersBetween(-100, 0);
    double worst = worstError(x, apply(x), std::exp2);
    EXPECT_LE(worst, 1.1e-4);
    EXPECT_GE(worst, 1e-6) << "the accurate polynomial ran";
    EXPECT_EQ(apply({0.0f})[0], 1.0f);
    EXPECT_EQ(apply({-INFINITY})[0], 0.0f);
  });
}

TEST(ExpandMath, Exp) {
  onEveryShape(unary<math::ExpOp>(), [](Elementwise &apply) {
    std::vector<float> x = numbersBetween(-86, 88.7f);
    EXPECT_LE(worstError(x, apply(x), std::exp), 1e-6);
    std::vector<float> special = apply({0.0f, -INFINITY, INFINITY, NAN, 100.0f});
    EXPECT_EQ(special[0], 1.0f);
    EXPECT_EQ(special[1], 0.0f);
    EXPECT_EQ(special[2], INFINITY);
    EXPECT_TRUE(std::isnan(special[3]));
    EXPECT_EQ(special[4], INFINITY);
  });
}

TEST(ExpandMath, Tanh) {
  onEveryShape(unary<math::TanhOp>(), [](Elementwise &apply) {
    for (float range : {12.0f, 1.0f, 1e-3f, 1e-30f}) {
      std::vector<float> x = numbersBetween(-range, range);
      EXPECT_LE(worstError(x, apply(x), std::tanh), 4e-7) << "range " << range;
    }
    std::vector<float> special = apply({0.0f, -INFINITY, INFINITY, NAN});
    EXPECT_EQ(special[0], 0.0f);
    EXPECT_EQ(special[1], -1.0f);
    EXPECT_EQ(special[2], 1.0f);
    EXPECT_TRUE(std::isnan(special[3]));
  });
}

TEST(ExpandMath, Logarithms) {
  onEveryShape(unary<math::LogOp>(), [](Elementwise &apply) {
    std::vector<float> x = numbersBetween(1e-3f, 1e4f);
    EXPECT_LE(worstError(x, apply(x), std::log, 0.1), 1e-6);
    std::vector<float> special = apply({0.0f, 1.0f, INFINITY, -1.0f});
    EXPECT_EQ(special[0], -INFINITY);
    EXPECT_EQ(special[1], 0.0f);
    EXPECT_EQ(special[2], INFINITY);
    EXPECT_TRUE(std::isnan(special[3]));
  });
  onEveryShape(unary<math::Log2Op>(), [](Elementwise &apply) {
    std::vector<float> x = numbersBetween(1e-3f, 1e4f);
    EXPECT_LE(worstError(x, apply(x), std::log2, 0.1), 1e-6);
  });
}

TEST(ExpandMath, OtherFunctions) {
  struct Case {
    const char *name;
    Emit emit;
    double (*exact)(double);
    float low, high;
    double tolerance;
    /// Added to the denominator: 1 where the error near a zero is absolute.
    double floor = 0.01;
  };
  std::vector<Case> cases = {
      {"sin", unary<math::SinOp>(), std::sin, -10, 10, 1e-6, 1},
      {"cos", unary<math::CosOp>(), std::cos, -10, 10, 1e-6, 1},
      {"erf", unary<math::ErfOp>(), std::erf, -4, 4, 1e-5},
      {"sqrt", unary<math::SqrtOp>(), std::sqrt, 0, 100, 1e-6},
      {"rsqrt", unary<math::RsqrtOp>(), [](double x) { return 1 / std::sqrt(x); }, 0.01f, 100, 1e-6},
      {"abs", unary<math::AbsFOp>(), std::fabs, -5, 5, 0},
      {"floor", unary<math::FloorOp>(), std::floor, -9, 9, 0},
      {"ceil", unary<math::CeilOp>(), std::ceil, -9, 9, 0},
      {"trunc", unary<math::TruncOp>(), std::trunc, -9, 9, 0},
      {"round", unary<math::RoundOp>(), std::round, -9, 9, 0},
      {"roundeven", unary<math::RoundEvenOp>(), std::nearbyint, -9, 9, 0},
      {"sinh", unary<math::SinhOp>(), std::sinh, -5, 5, 1e-5},
      {"cosh", unary<math::CoshOp>(), std::cosh, -5, 5, 1e-5},
      {"atan", unary<math::AtanOp>(), std::atan, -5, 5, 1e-5},
      {"log1p", unary<math::Log1pOp>(), std::log1p, -0.5f, 5, 1e-5},
      {"expm1", unary<math::ExpM1Op>(), std::expm1, -5, 5, 1e-5},
      {"powf",
       [](ImplicitLocOpBuilder &b, Value x) -> Value { return math::PowFOp::create(b, x, floatConstant(b, x.getType(), 2.5)); },
       [](double x) { return std::pow(x, 2.5); }, 0.1f, 20, 1e-5},
  };
  for (const Case &test : cases) {
    SCOPED_TRACE(test.name);
    onEveryShape(test.emit, [&](Elementwise &apply) {
      std::vector<float> x = numbersBetween(test.low, test.high);
      EXPECT_LE(worstError(x, apply(x), test.exact, test.floor), test.tolerance);
    });
  }
}

TEST(ExpandMath, HalfPrecisionIsComputedInFloat) {
  for (auto getType :
       {+[](Builder &b) -> Type { return b.getF16Type(); }, +[](Builder &b) -> Type { return b.getBF16Type(); }}) {
    auto emit = [&](ImplicitLocOpBuilder &b, Value x) -> Value {
      Type narrow = getType(static_cast<Builder &>(b));
      if (auto vector = dyn_cast<VectorType>(x.getType()))
        narrow = vector.clone(narrow);
      Value result = math::TanhOp::create(b, narrow, Value(arith::TruncFOp::create(b, narrow, x)), arith::FastMathFlags::none);
      return arith::ExtFOp::create(b, x.getType(), result);
    };
    onEveryShape(emit, [](Elementwise &apply) {
      std::vector<float> x = numbersBetween(-4, 4);
      EXPECT_LE(worstError(x, apply(x), std::tanh, 1e-6), 1.2e-2);
    });
  }
}

TEST(ExpandMath, HalfConversionsRoundToNearestEven) {
  auto emit = [](ImplicitLocOpBuilder &b, Value x) -> Value {
    Type narrow = b.getF16Type();
    if (auto vector = dyn_cast<VectorType>(x.getType()))
      narrow = vector.clone(narrow);
    return arith::ExtFOp::create(b, x.getType(), Value(arith::TruncFOp::create(b, narrow, x)));
  };
  onEveryShape(emit, [](Elementwise &apply) {
    std::vector<float> x = {0.0f,  -0.0f,   1.0f,    65504.0f, 65519.0f, 65520.0f, 1e6f,
                            -1e6f, 6.1e-5f, 5.9e-8f, 2.9e-8f,  1e-10f,   INFINITY};
    for (int i = 0; i < 20000; ++i)
      x.push_back(std::ldexp(1.0f + i * 7.3e-5f, i % 45 - 27) * (i % 2 ? 1 : -1));
    std::vector<float> got = apply(x);
    for (size_t i = 0; i < x.size(); ++i)
      ASSERT_EQ(got[i], float(_Float16(x[i]))) << "of " << x[i];
    EXPECT_TRUE(std::isnan(apply({NAN})[0]));
  });
}

TEST(ExpandMath, WhatHasNoExpansionIsAnError) {
  Elementwise remainder(*CpuMachine::lookup("x86-64-v3"), 8, [](ImplicitLocOpBuilder &b, Value x) -> Value {
    return arith::RemFOp::create(b, x, floatConstant(b, x.getType(), 3));
  });
  EXPECT_NE(remainder.error.find("expected an operation that CPU kernels can compute without a library, but got 'arith.remf'"),
            std::string::npos)
      << remainder.error;
  Elementwise wide(*CpuMachine::lookup("x86-64-v3"), 8, [](ImplicitLocOpBuilder &b, Value x) -> Value {
    Type f64 = cast<VectorType>(x.getType()).clone(b.getF64Type());
    return arith::TruncFOp::create(b, x.getType(), math::ExpOp::create(b, Value(arith::ExtFOp::create(b, f64, x))));
  });
  EXPECT_NE(wide.error.find("expected f32, bf16 or f16 operands, but got 'vector<8xf64>'"), std::string::npos) << wide.error;
}

} // namespace
