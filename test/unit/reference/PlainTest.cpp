//===- PlainTest.cpp - the plain algorithm in the element type ------------===//

#include "Evaluate.h"
#include "codegen/FloatFormats.h"

#include <cmath>

using namespace mlir;
using namespace mlir::attn;
using namespace mlir::attn::reference;

static const Sizes kSizes = {1, 2, 1, 40, 60, 32, 16};

static double relativeError(const Array &x, const Array &reference) {
  double error = 0.0, norm = 0.0;
  for (auto [a, b] : llvm::zip_equal(x.elements, reference.elements)) {
    error += (a - b) * (a - b);
    norm += b * b;
  }
  return std::sqrt(error / norm);
}

namespace {
struct TypeCase {
  const char *name;
  double least, most; // expected relative error: some units in the last place, and not none
};
class PlainTest : public ReferenceTest, public testing::WithParamInterface<TypeCase> {};
} // namespace

TEST_P(PlainTest, error_is_that_of_the_type) {
  auto type = cast<FloatType>(StringRef(GetParam().name) == "f32"   ? f32
                              : StringRef(GetParam().name) == "f16" ? Type(builder.getF16Type())
                                                                    : Type(builder.getBF16Type()));
  Options plain;
  plain.arithmetic = Arithmetic::Plain;
  std::string text = describe(kSizes, "mask = #attn.causal", "", GetParam().name);
  SmallVector<Array> arguments = {query(kSizes, type), key(kSizes, type), value(kSizes, type)};
  SmallVector<Array> exact = run(text, arguments), rounded = run(text, arguments, plain);
  double error = relativeError(rounded[0], exact[0]);
  EXPECT_GT(error, GetParam().least);
  EXPECT_LT(error, GetParam().most);
  for (double x : rounded[0].elements)
    ASSERT_EQ(x, roundToType(x, type));
  for (double x : rounded[1].elements)
    ASSERT_EQ(x, double(float(x)));
}

INSTANTIATE_TEST_SUITE_P(Types, PlainTest,
                         testing::Values(TypeCase{"f32", 1e-8, 3e-6}, TypeCase{"f16", 5e-5, 1e-3},
                                         TypeCase{"bf16", 5e-4, 1e-2}));

TEST_F(ReferenceTest, exact_results_are_rounded_only_on_request) {
  auto bf16 = cast<FloatType>(builder.getBF16Type());
  std::string text = describe(kSizes, "", "", "bf16");
  SmallVector<Array> arguments = {query(kSizes, bf16), key(kSizes, bf16), value(kSizes, bf16)};
  Options rounding;
  rounding.roundResults = true;
  SmallVector<Array> exact = run(text, arguments), rounded = run(text, arguments, rounding);
  bool differs = false;
  for (auto [a, b] : llvm::zip_equal(exact[0].elements, rounded[0].elements)) {
    ASSERT_EQ(roundToType(a, bf16), b);
    differs |= a != b;
  }
  EXPECT_TRUE(differs);
}

TEST_F(ReferenceTest, plain_empty_rows_are_empty) {
  Options plain;
  plain.arithmetic = Arithmetic::Plain;
  Attended result = attend({1, 1, 1, 3, 3, 4, 4}, "mask = #attn.not<#attn.causal>", "", {}, plain);
  EXPECT_EQ(result.output.at({0, 0, 2, 0}), 0.0);
  EXPECT_EQ(result.lse.at({0, 0, 2}), -INFINITY);
  EXPECT_EQ(result.rowMax.at({0, 0, 2}), -INFINITY);
}

TEST_F(ReferenceTest, plain_score_arithmetic_is_in_f32) {
  const char *square = R"(score {
      ^bb0(%s: f32, %b: index, %h: index, %i: index, %j: index):
        %third = arith.constant 0.333333343 : f32
        %x = arith.mulf %s, %third : f32
        attn.yield %x : f32
      })";
  Options plain;
  plain.arithmetic = Arithmetic::Plain;
  Attended result = attend({1, 1, 1, 1, 1, 1, 1}, square, "", {}, plain), exact = attend({1, 1, 1, 1, 1, 1, 1}, square);
  EXPECT_EQ(result.rowMax.elements[0], double(float(result.rowMax.elements[0])));
  EXPECT_NE(exact.rowMax.elements[0], double(float(exact.rowMax.elements[0])));
}
