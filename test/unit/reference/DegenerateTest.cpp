//===- DegenerateTest.cpp - empty rows, bad values, wrong input -----------===//

#include "Evaluate.h"

#include <cmath>

using namespace mlir;
using namespace mlir::attn::reference;

static const Sizes kSmall = {2, 2, 1, 5, 5, 4, 4};

/// Output 0, lse and row maximum -inf.
static void expectEmptyRow(const Attended &result, int64_t b, int64_t h, int64_t row) {
  for (int64_t e = 0; e < result.output.size(3); ++e)
    EXPECT_EQ(result.output.at({b, h, row, e}), 0.0);
  EXPECT_EQ(result.lse.at({b, h, row}), -INFINITY);
  EXPECT_EQ(result.rowMax.at({b, h, row}), -INFINITY);
}

TEST_F(ReferenceTest, no_keys_give_empty_rows) {
  Sizes sizes = {1, 2, 2, 3, 0, 4, 4};
  Attended result = attend(sizes, "");
  for (int64_t row = 0; row < 3; ++row)
    expectEmptyRow(result, 0, 1, row);
}

TEST_F(ReferenceTest, no_queries_and_no_batches_give_nothing) {
  EXPECT_EQ(attend({1, 2, 2, 0, 3, 4, 4}, "").output.elements.size(), 0u);
  EXPECT_EQ(attend({0, 2, 2, 3, 3, 4, 4}, "").lse.elements.size(), 0u);
}

TEST_F(ReferenceTest, length_zero_gives_empty_rows_of_that_batch_row_only) {
  Attended result = attend(kSmall, "lengths(%n : tensor<?xi32>)", "%n: tensor<?xi32>", {integers({5, 0})});
  expectEmptyRow(result, 1, 0, 4);
  EXPECT_TRUE(std::isfinite(result.lse.at({0, 0, 4})));
}

TEST_F(ReferenceTest, the_strict_future_leaves_the_last_row_empty) {
  Attended result = attend(kSmall, "mask = #attn.not<#attn.causal>");
  expectEmptyRow(result, 0, 0, 4);
  EXPECT_TRUE(std::isfinite(result.lse.at({0, 0, 3})));
  // The causal mask keeps the diagonal, so that no row of it is empty.
  Attended causal = attend(kSmall, "mask = #attn.causal");
  for (double lse : causal.lse.elements)
    EXPECT_TRUE(std::isfinite(lse));
}

TEST_F(ReferenceTest, queries_before_the_first_key_see_nothing) {
  Sizes sizes = {1, 1, 1, 9, 4, 4, 4};
  Attended result = attend(sizes, "mask = #attn.causal");
  expectEmptyRow(result, 0, 0, 4);
  EXPECT_TRUE(std::isfinite(result.lse.at({0, 0, 5})));
}

TEST_F(ReferenceTest, nan_beyond_a_length_does_not_count) {
  Array k = key(kSmall), v = value(kSmall);
  for (int64_t d = 0; d < 4; ++d)
    k.at({0, 0, 4, d}) = v.at({0, 0, 4, d}) = NAN;
  std::string text = describe(kSmall, "lengths(%n : tensor<?xi32>)", "%n: tensor<?xi32>");
  SmallVector<Array> poisoned = run(text, {query(kSmall), k, v, integers({4, 5})});
  expectNear(poisoned[0], run(text, {query(kSmall), key(kSmall), value(kSmall), integers({4, 5})})[0], 0.0);
}

TEST_F(ReferenceTest, nan_in_a_visible_key_gives_nan) {
  Array k = key(kSmall);
  k.at({0, 0, 1, 0}) = NAN;
  SmallVector<Array> results = run(describe(kSmall, "mask = #attn.causal"), {query(kSmall), k, value(kSmall)});
  EXPECT_FALSE(std::isnan(results[0].at({0, 0, 0, 0})));
  EXPECT_TRUE(std::isnan(results[0].at({0, 0, 1, 0})));
  EXPECT_TRUE(std::isnan(results[1].at({0, 0, 4})));
}

TEST_F(ReferenceTest, huge_scores_do_not_overflow) {
  Array q(f32, {2, 2, 5, 4}, 6e4), k = key(kSmall);
  SmallVector<Array> results = run(describe(kSmall, ""), {q, k, value(kSmall)});
  for (double x : results[0].elements)
    EXPECT_TRUE(std::isfinite(x));
}

//===----------------------------------------------------------------------===//
// Wrong input
//===----------------------------------------------------------------------===//

TEST_F(ReferenceTest, wrong_arguments_are_named) {
  std::string text = describe(kSmall, "");
  auto expectMessage = [&](ArrayRef<Array> arguments, const char *message) {
    std::string got = runWrong(text, arguments);
    EXPECT_NE(got.find(message), std::string::npos) << got;
  };
  Array q = query(kSmall), k = key(kSmall), v = value(kSmall);
  expectMessage({q, k}, "expected 3 arguments, but got 2");
  expectMessage({q, k, Array(builder.getF64Type(), v.shape)}, "but got element type 'f64'");
  expectMessage({q, k, Array(f32, {5, 4})}, "but got rank 2");
  expectMessage({Array(f32, {2, 3, 5, 4}), k, v}, "but got size 3 in dimension 1");
  expectMessage({q, Array(f32, {1, 1, 5, 4}), v}, "expected 'key' to have size 2 in dimension 0, but got 1");
  expectMessage({q, k, Array(f32, {2, 1, 6, 4})}, "expected 'value' to have size 5 in dimension 2, but got 6");
}

TEST_F(ReferenceTest, wrong_lengths_and_scales_are_named) {
  std::string lengths = describe(kSmall, "lengths(%n : tensor<?xi32>)", "%n: tensor<?xi32>");
  std::string scale = describe(kSmall, "scale(%s)", "%s: f32");
  Array q = query(kSmall), k = key(kSmall), v = value(kSmall);
  EXPECT_NE(runWrong(lengths, {q, k, v, integers({5, 6})}).find("between 0 and the number of keys, 5, but got 6"),
            std::string::npos);
  EXPECT_NE(runWrong(lengths, {q, k, v, integers({-1, 5})}).find("but got -1"), std::string::npos);
  EXPECT_NE(runWrong(lengths, {q, k, v, integers({5})}).find("expected 'lengths' to have size 2 in dimension 0, but got 1"),
            std::string::npos);
  EXPECT_NE(runWrong(scale, {q, k, v, number(0.0)}).find("expected 'scale' to be positive and finite, but got 0"),
            std::string::npos);
}

TEST_F(ReferenceTest, unknown_operations_are_named) {
  std::string got = runWrong(R"(
    func.func @f(%n: index) -> tensor<?xf32> {
      %x = tensor.empty(%n) : tensor<?xf32>
      return %x : tensor<?xf32>
    })",
                             {index(3)});
  EXPECT_NE(got.find("'tensor.empty' op expected an operation that the reference interpreter knows"), std::string::npos) << got;
}

TEST_F(ReferenceTest, recursion_is_refused) {
  std::string got = runWrong(R"(
    func.func @f(%x: f32) -> f32 {
      %y = func.call @f(%x) : (f32) -> f32
      return %y : f32
    })",
                             {number(1.0)});
  EXPECT_NE(got.find("expected no recursion, but 'f' calls itself"), std::string::npos) << got;
}
