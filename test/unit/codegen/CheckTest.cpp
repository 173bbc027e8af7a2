//===- CheckTest.cpp - the error rule -------------------------------------===//

#include "codegen/Check.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/MLIRContext.h"
#include "gtest/gtest.h"

#include <cmath>

using namespace mlir;
using namespace mlir::attn;

namespace {
class CheckTest : public testing::Test {
protected:
  MLIRContext context;
  Builder builder{&context};
  Precision f32 = Precision::of({builder.getF32Type()});
  Precision bf16 = Precision::of({builder.getF32Type(), builder.getBF16Type(), builder.getF16Type()});
  std::vector<double> reference = {1.0, -2.0, 0.5, 0.25};

  /// The reference with `error` added to one element.
  std::vector<double> shifted(double error, size_t index = 1) const {
    std::vector<double> result = reference;
    result[index] += error;
    return result;
  }
};
} // namespace

TEST_F(CheckTest, exact_results_hold) {
  CheckResult result = checkOutput(reference, reference, reference, f32);
  EXPECT_TRUE(result.holds()) << result.problem;
  EXPECT_EQ(result.relative.error, 0.0);
}

TEST_F(CheckTest, floor_allows_what_the_plain_algorithm_does_not_need) {
  EXPECT_TRUE(checkOutput(shifted(2e-6), reference, reference, f32).holds());
  CheckResult result = checkOutput(shifted(3e-6), reference, reference, f32);
  EXPECT_FALSE(result.holds());
  EXPECT_EQ(result.worst, 1);
  EXPECT_NE(result.problem.find("expected the relative error to be at most 1e-06"), std::string::npos) << result.problem;
}

TEST_F(CheckTest, relative_error_is_bound_by_the_plain_one) {
  double norm = std::sqrt(1.0 + 4.0 + 0.25 + 0.0625), plain = 1e-6 * norm;
  EXPECT_TRUE(checkOutput(shifted(1.9e-6 * norm), reference, shifted(plain), f32).holds());
  // 1.5 * 1e-6 + floor allows 2.5e-6, the limit from practice only 2e-6.
  EXPECT_FALSE(checkOutput(shifted(2.1e-6 * norm), reference, shifted(plain), f32).holds());
  // Where the plain algorithm itself exceeds that limit, the rule alone binds.
  EXPECT_TRUE(checkOutput(shifted(14e-6 * norm), reference, shifted(10 * plain), f32).holds());
  EXPECT_FALSE(checkOutput(shifted(17e-6 * norm), reference, shifted(10 * plain), f32).holds());
}

TEST_F(CheckTest, one_bad_element_is_found_where_the_norm_hides_it) {
  std::vector<double> many(100000, 1.0), wrong = many;
  wrong[777] += 1e-4; // 3e-7 of the norm
  CheckResult result = checkOutput(wrong, many, many, f32);
  EXPECT_FALSE(result.holds());
  EXPECT_EQ(result.worst, 777);
  EXPECT_NE(result.problem.find("largest"), std::string::npos);
}

TEST_F(CheckTest, nan_must_meet_nan) {
  std::vector<double> withNaN = reference;
  withNaN[2] = NAN;
  EXPECT_TRUE(checkOutput(withNaN, withNaN, withNaN, f32).holds());
  EXPECT_FALSE(checkOutput(withNaN, reference, reference, f32).holds());
  CheckResult result = checkOutput(reference, withNaN, withNaN, f32);
  EXPECT_FALSE(result.holds());
  EXPECT_EQ(result.worst, 2);
}

TEST_F(CheckTest, infinities_must_be_equal) {
  std::vector<double> below = {-INFINITY}, above = {INFINITY}, finite = {-3e38};
  EXPECT_TRUE(checkStatistic(below, below, below, f32).holds());
  EXPECT_FALSE(checkStatistic(above, below, below, f32).holds());
  EXPECT_FALSE(checkStatistic(finite, below, below, f32).holds());
  EXPECT_FALSE(checkStatistic(below, finite, finite, f32).holds());
}

TEST_F(CheckTest, an_overflow_that_the_type_cannot_avoid_is_right) {
  std::vector<double> reference = {70000.0}, overflow = {INFINITY}, other = {-INFINITY};
  EXPECT_TRUE(checkOutput(overflow, reference, overflow, bf16).holds());
  EXPECT_FALSE(checkOutput(other, reference, overflow, bf16).holds());
}

TEST_F(CheckTest, zeros_must_be_zeros) {
  std::vector<double> zeros(4, 0.0), tiny = {0.0, 1e-30, 0.0, 0.0};
  EXPECT_TRUE(checkOutput(zeros, zeros, zeros, f32).holds());
  EXPECT_FALSE(checkOutput(tiny, zeros, zeros, f32).holds());
}

TEST_F(CheckTest, no_elements_are_right) { EXPECT_TRUE(checkOutput({}, {}, {}, f32).holds()); }

TEST_F(CheckTest, the_coarsest_type_decides) {
  EXPECT_EQ(bf16.floor, 2e-4);
  EXPECT_TRUE(checkOutput(shifted(4e-4), reference, reference, bf16).holds());
}

TEST_F(CheckTest, statistics_are_judged_absolutely) {
  EXPECT_TRUE(checkStatistic(shifted(0.9e-5), reference, reference, f32).holds());
  EXPECT_FALSE(checkStatistic(shifted(1.1e-5), reference, reference, f32).holds());
  EXPECT_TRUE(checkStatistic(shifted(1.9e-3), reference, reference, bf16).holds());
  EXPECT_FALSE(checkStatistic(shifted(2.5e-3), reference, reference, bf16).holds());
}
