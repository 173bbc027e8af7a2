//===- FloatFormatsTest.cpp - rounding to narrow floats -------------------===//

#include "codegen/FloatFormats.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/MLIRContext.h"
#include "llvm/ADT/APFloat.h"
#include "llvm/ADT/bit.h"
#include "gtest/gtest.h"

#include <cmath>

using namespace mlir;
using namespace mlir::attn;

static uint16_t roundByAPFloat(float value, const llvm::fltSemantics &format) {
  llvm::APFloat number(value);
  bool losesInfo;
  number.convert(format, llvm::APFloat::rmNearestTiesToEven, &losesInfo);
  return number.bitcastToAPInt().getZExtValue();
}

/// Every 16-bit pattern that is no NaN, as a float, and its neighbours and halfway points.
template <typename Visit> static void forEachInteresting(float (*widen)(uint16_t), Visit visit) {
  for (uint32_t bits = 0; bits <= 0xffff; ++bits) {
    float value = widen(bits);
    if (std::isnan(value))
      continue;
    float next = widen(std::min<uint32_t>(bits + 1, 0xffff));
    float middle = value + (next - value) / 2;
    for (float x : {value, middle, std::nextafter(middle, 0.0f), std::nextafter(middle, 1e30f)})
      if (!std::isnan(x))
        visit(x);
  }
}

TEST(FloatFormats, bf16_rounds_like_apfloat) {
  forEachInteresting(floatFromBF16,
                     [](float x) { ASSERT_EQ(floatToBF16(x), roundByAPFloat(x, llvm::APFloat::BFloat())) << x; });
}

TEST(FloatFormats, f16_rounds_like_apfloat) {
  forEachInteresting(floatFromF16,
                     [](float x) { ASSERT_EQ(floatToF16(x), roundByAPFloat(x, llvm::APFloat::IEEEhalf())) << x; });
}

TEST(FloatFormats, widening_undoes_nothing) {
  for (uint32_t bits = 0; bits <= 0xffff; ++bits) {
    if (!std::isnan(floatFromBF16(bits))) {
      ASSERT_EQ(floatToBF16(floatFromBF16(bits)), bits);
    }
    if (!std::isnan(floatFromF16(bits))) {
      ASSERT_EQ(floatToF16(floatFromF16(bits)), bits);
    }
  }
}

TEST(FloatFormats, nan_stays_nan) {
  float quietest = llvm::bit_cast<float>(0x7f800001u);
  EXPECT_TRUE(std::isnan(floatFromBF16(floatToBF16(quietest))));
  EXPECT_TRUE(std::isnan(floatFromF16(floatToF16(quietest))));
}

TEST(FloatFormats, doubles_round_once) {
  MLIRContext context;
  Builder builder(&context);
  FloatType bf16 = builder.getBF16Type(), f16 = builder.getF16Type(), f32 = builder.getF32Type();
  // Just above the middle of 1 and the next bf16: by way of f32 it would fall on the middle, then down.
  double above = 1.0 + std::ldexp(1.0, -8) + std::ldexp(1.0, -40);
  EXPECT_EQ(roundToType(above, bf16), 1.0 + std::ldexp(1.0, -7));
  EXPECT_EQ(roundToType(1.0 + std::ldexp(1.0, -8), bf16), 1.0);
  EXPECT_EQ(roundToType(65519.0, f16), 65504.0);
  EXPECT_EQ(roundToType(65520.0, f16), INFINITY);
  EXPECT_EQ(roundToType(-65520.0, f16), -INFINITY);
  EXPECT_EQ(roundToType(std::ldexp(1.0, -25), f16), 0.0);
  EXPECT_EQ(roundToType(std::ldexp(1.5, -25), f16), std::ldexp(1.0, -24));
  EXPECT_EQ(roundToType(0.1, f32), double(0.1f));
  EXPECT_EQ(roundToType(-INFINITY, f16), -INFINITY);
  EXPECT_TRUE(std::isnan(roundToType(NAN, bf16)));
}
