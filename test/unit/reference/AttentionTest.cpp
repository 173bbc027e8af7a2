//===- AttentionTest.cpp - hand values and identities of attention --------===//

#include "Evaluate.h"

#include <cmath>

using namespace mlir;
using namespace mlir::attn::reference;

static const Sizes kGrouped = {2, 4, 2, 7, 7, 8, 8};
static const Sizes kCross = {1, 4, 1, 5, 13, 16, 8};

static bool keepAll(int64_t, int64_t, int64_t, int64_t) { return true; }

TEST_F(ReferenceTest, one_key_gives_its_value_and_its_score) {
  Sizes sizes = {1, 1, 1, 1, 1, 4, 4};
  Attended result = attend(sizes, "");
  Array q = query(sizes), k = key(sizes);
  double score = 0.0;
  for (int64_t d = 0; d < 4; ++d)
    score += 0.5 * q.elements[d] * k.elements[d];
  expectNear(result.output, value(sizes));
  EXPECT_NEAR(result.lse.elements[0], score, 1e-15);
  EXPECT_EQ(result.rowMax.elements[0], result.lse.elements[0]);
}

TEST_F(ReferenceTest, equal_keys_give_the_mean_of_the_kept_values) {
  Sizes sizes = {1, 1, 1, 6, 6, 4, 3};
  Array equal(f32, {1, 1, 6, 4}, 0.5), v = value(sizes);
  SmallVector<Array> results = run(describe(sizes, "mask = #attn.causal"), {query(sizes), equal, v});
  for (int64_t i = 0; i < 6; ++i)
    for (int64_t e = 0; e < 3; ++e) {
      double sum = 0.0;
      for (int64_t j = 0; j <= i; ++j)
        sum += v.at({0, 0, j, e});
      EXPECT_NEAR(results[0].at({0, 0, i, e}), sum / double(i + 1), 1e-15);
    }
}

TEST_F(ReferenceTest, dense_softmax_is_reproduced) {
  for (const Sizes &sizes : {kGrouped, kCross, Sizes{1, 8, 2, 20, 30, 12, 20}})
    expectNear(attend(sizes, ""), attendDensely(sizes, keepAll));
}

TEST_F(ReferenceTest, grouped_heads_are_repeated_heads) {
  Sizes grouped = {1, 6, 2, 5, 9, 4, 4}, full = {1, 6, 6, 5, 9, 4, 4};
  Array k = key(grouped), v = value(grouped), manyK(f32, {1, 6, 9, 4}), manyV = manyK;
  for (int64_t h = 0; h < 6; ++h)
    for (int64_t j = 0; j < 9; ++j)
      for (int64_t d = 0; d < 4; ++d) {
        manyK.at({0, h, j, d}) = k.at({0, h / 3, j, d});
        manyV.at({0, h, j, d}) = v.at({0, h / 3, j, d});
      }
  SmallVector<Array> few = run(describe(grouped, ""), {query(grouped), k, v}),
                     many = run(describe(full, ""), {query(grouped), manyK, manyV});
  expectNear(few[0], many[0], 0.0);
}

TEST_F(ReferenceTest, window_of_the_whole_length_is_causal) {
  expectNear(attend(kGrouped, "mask = #attn.all_of<[#attn.causal, #attn.window<left = 6>]>"),
             attend(kGrouped, "mask = #attn.causal"), 0.0);
}

TEST_F(ReferenceTest, order_of_unmasked_keys_does_not_matter) {
  Array k = key(kCross), v = value(kCross), turnedK = k, turnedV = v;
  for (int64_t j = 0; j < 13; ++j) {
    int64_t other = (j * 5 + 3) % 13;
    for (int64_t d = 0; d < 16; ++d)
      turnedK.at({0, 0, other, d}) = k.at({0, 0, j, d});
    for (int64_t d = 0; d < 8; ++d)
      turnedV.at({0, 0, other, d}) = v.at({0, 0, j, d});
  }
  expectNear(run(describe(kCross, ""), {query(kCross), turnedK, turnedV})[0], attend(kCross, "").output);
}

static const char *kAddConstant = R"(mask = #attn.causal score {
    ^bb0(%s: f32, %b: index, %h: index, %i: index, %j: index):
      %c = arith.constant 3.0 : f32
      %y = arith.addf %s, %c : f32
      attn.yield %y : f32
    })";

TEST_F(ReferenceTest, a_constant_on_all_scores_shifts_only_the_lse) {
  Attended plain = attend(kGrouped, "mask = #attn.causal"), shifted = attend(kGrouped, kAddConstant);
  expectNear(shifted.output, plain.output);
  for (double &lse : plain.lse.elements)
    lse += 3.0;
  expectNear(shifted.lse, plain.lse);
}

TEST_F(ReferenceTest, score_region_sees_head_and_absolute_positions) {
  // ALiBi with slope 2^-(h+1) against a dense bias.
  const char *alibi = R"(score {
      ^bb0(%s: f32, %b: index, %h: index, %i: index, %j: index):
        %one = arith.constant 1 : index
        %n = arith.addi %h, %one : index
        %ni = arith.index_cast %n : index to i32
        %nf = arith.sitofp %ni : i32 to f32
        %neg = arith.negf %nf : f32
        %slope = math.exp2 %neg : f32
        %d = arith.subi %j, %i : index
        %di = arith.index_cast %d : index to i32
        %df = arith.sitofp %di : i32 to f32
        %bias = arith.mulf %slope, %df : f32
        %y = arith.addf %s, %bias : f32
        attn.yield %y : f32
      })";
  Attended result = attend(kCross, alibi), dense = attendDensely(kCross, keepAll);
  // The oracle has no bias: recompute the row sums from its scores, which one key at a time gives as lse.
  for (int64_t h = 0; h < 4; ++h)
    for (int64_t r = 0; r < 5; ++r) {
      double sum = 0.0;
      for (int64_t key = 0; key < 13; ++key) {
        Attended one = attendDensely(kCross, [=](int64_t, int64_t, int64_t, int64_t j) { return j == key; });
        sum += std::exp(one.lse.at({0, h, r}) + std::ldexp(double(key - (r + 8)), -int(h + 1)));
      }
      EXPECT_NEAR(result.lse.at({0, h, r}), std::log(sum), 1e-12);
    }
}

TEST_F(ReferenceTest, score_of_minus_infinity_hides_the_pair) {
  const char *hide = R"(score {
      ^bb0(%s: f32, %b: index, %h: index, %i: index, %j: index):
        %none = arith.constant 0xFF800000 : f32
        %hidden = arith.cmpi sgt, %j, %i : index
        %y = arith.select %hidden, %none, %s : f32
        attn.yield %y : f32
      })";
  expectNear(attend(kGrouped, hide), attend(kGrouped, "mask = #attn.causal"));
}

TEST_F(ReferenceTest, bias_is_read_from_a_tensor) {
  const char *bias = R"(score {
      ^bb0(%s: f32, %b: index, %h: index, %i: index, %j: index):
        %x = tensor.extract %bias[%h, %j] : tensor<4x?xf32>
        %y = arith.addf %s, %x : f32
        attn.yield %y : f32
      })";
  Array table(f32, {4, 13}, -INFINITY);
  for (int64_t h = 0; h < 4; ++h)
    table.at({h, 2 * h + 1}) = 0.0;
  expectNear(attend(kCross, bias, "%bias: tensor<4x?xf32>", {table}),
             attendDensely(kCross, [](int64_t, int64_t h, int64_t, int64_t j) { return j == 2 * h + 1; }));
  Array small(f32, {4, 12});
  EXPECT_NE(runWrong(describe(kCross, bias, "%bias: tensor<4x?xf32>"), {query(kCross), key(kCross), value(kCross), small})
                .find("expected indices inside the tensor for every visible pair"),
            std::string::npos);
}

TEST_F(ReferenceTest, offset_places_the_queries) {
  auto causalAt = [](int64_t offset) { return [=](int64_t, int64_t, int64_t i, int64_t j) { return j <= i - 8 + offset; }; };
  for (int64_t offset : {-3, 0, 8, 20})
    expectNear(attend(kCross, "mask = #attn.causal offset(%off : index)", "%off: index", {index(offset)}),
               attendDensely(kCross, causalAt(offset)));
  expectNear(attend(kCross, "mask = #attn.causal"), attendDensely(kCross, causalAt(8)));
}

TEST_F(ReferenceTest, offset_may_differ_between_batch_rows) {
  Attended result =
      attend(kGrouped, "mask = #attn.causal offset(%off : tensor<?xi32>)", "%off: tensor<?xi32>", {integers({0, 2})});
  expectNear(result, attendDensely(kGrouped, [](int64_t b, int64_t, int64_t i, int64_t j) { return j <= i + 2 * b; }));
}

TEST_F(ReferenceTest, lengths_hide_keys_and_do_not_move_queries) {
  Attended result =
      attend(kGrouped, "mask = #attn.causal lengths(%n : tensor<?xi32>)", "%n: tensor<?xi32>", {integers({7, 3})});
  expectNear(result,
             attendDensely(kGrouped, [](int64_t b, int64_t, int64_t i, int64_t j) { return j <= i && (b == 0 || j < 3); }));
}

TEST_F(ReferenceTest, scale_is_constant_or_given) {
  // A query twice as long with half the scale is the same.
  Array q = query(kCross);
  for (double &x : q.elements)
    x *= 2.0;
  Attended expected = attend(kCross, "");
  expectNear(run(describe(kCross, "scale = 0.125"), {q, key(kCross), value(kCross)})[0], expected.output);
  expectNear(run(describe(kCross, "scale(%s)", "%s: f32"), {q, key(kCross), value(kCross), number(0.125)})[0], expected.output);
}

TEST_F(ReferenceTest, a_sample_of_rows_equals_the_whole) {
  Options options;
  options.rows = {0, 3};
  Attended all = attend(kGrouped, "mask = #attn.causal"), some = attend(kGrouped, "mask = #attn.causal", "", {}, options);
  for (int64_t row = 0; row < 7; ++row) {
    double computed = some.output.at({1, 3, row, 5});
    if (row == 0 || row == 3)
      EXPECT_EQ(computed, all.output.at({1, 3, row, 5}));
    else
      EXPECT_TRUE(std::isnan(computed));
  }
}

TEST_F(ReferenceTest, threads_do_not_change_a_bit) {
  Options options;
  options.threads = 3;
  expectNear(attend(kGrouped, "mask = #attn.causal", "", {}, options), attend(kGrouped, "mask = #attn.causal"), 0.0);
}
