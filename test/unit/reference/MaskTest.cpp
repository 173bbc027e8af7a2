//===- MaskTest.cpp - every named mask against its formula ----------------===//
//
// The predicates here are written from the formulas of the specification, not from the masks' own sets.
//
//===----------------------------------------------------------------------===//

#include "Evaluate.h"
#include "codegen/reference/MaskEvaluation.h"

using namespace mlir;
using namespace mlir::attn::reference;

namespace {
struct NamedMask {
  const char *mask;
  Predicate keep;
};

class MaskTest : public ReferenceTest, public testing::WithParamInterface<NamedMask> {};
} // namespace

/// Python's floor division and remainder: positions before the first key are negative.
static int64_t floorDiv(int64_t a, int64_t b) { return a / b - (a % b < 0); }
static int64_t floorMod(int64_t a, int64_t b) { return ((a % b) + b) % b; }

static const Sizes kShapes[] = {
    {1, 1, 1, 1, 1, 4, 4}, {2, 4, 2, 7, 7, 8, 8}, {1, 4, 1, 5, 13, 16, 8}, {1, 2, 2, 33, 29, 4, 4}, {1, 1, 1, 40, 7, 4, 6}};

TEST_P(MaskTest, equals_the_predicate) {
  for (const Sizes &sizes : kShapes)
    expectNear(attend(sizes, std::string("mask = ") + GetParam().mask), attendDensely(sizes, GetParam().keep));
}

static const NamedMask kMasks[] = {
    {"#attn.causal", [](auto b, auto h, auto i, auto j) { return j <= i; }},
    {"#attn.window<left = 3>", [](auto b, auto h, auto i, auto j) { return i - 3 <= j; }},
    {"#attn.window<right = 2>", [](auto b, auto h, auto i, auto j) { return j <= i + 2; }},
    {"#attn.window<left = 2, right = 4>", [](auto b, auto h, auto i, auto j) { return i - 2 <= j && j <= i + 4; }},
    {"#attn.prefix<5>", [](auto b, auto h, auto i, auto j) { return j < 5; }},
    {"#attn.sinks<2>", [](auto b, auto h, auto i, auto j) { return j < 2; }},
    {"#attn.strided<3>", [](auto b, auto h, auto i, auto j) { return floorMod(i - j, 3) == 0; }},
    {"#attn.key_stride<4, 1>", [](auto b, auto h, auto i, auto j) { return j % 4 == 1; }},
    {"#attn.dilated<2, 3>", [](auto b, auto h, auto i, auto j) { return 0 <= i - j && i - j <= 4 && floorMod(i - j, 2) == 0; }},
    {"#attn.chunked<4>", [](auto b, auto h, auto i, auto j) { return floorDiv(i, 4) == floorDiv(j, 4); }},
    {"#attn.any_of<[#attn.causal, #attn.prefix<3>]>", [](auto b, auto h, auto i, auto j) { return j <= i || j < 3; }},
    {"#attn.all_of<[#attn.causal, #attn.any_of<[#attn.window<left = 2>, #attn.sinks<1>]>]>",
     [](auto b, auto h, auto i, auto j) { return j <= i && (i - 2 <= j || j < 1); }},
    {"#attn.not<#attn.causal>", [](auto b, auto h, auto i, auto j) { return j > i; }},
    {"#attn.set<\"(b, h, i, j)[Tq, Tk] : (i - j >= 0, j mod 3 == 0)\">",
     [](auto b, auto h, auto i, auto j) { return j <= i && j % 3 == 0; }},
    {"#attn.set<\"(b, h, i, j)[Tq, Tk] : (i + b - j floordiv 2 >= 0)\">",
     [](auto b, auto h, auto i, auto j) { return i + b >= j / 2; }},
};

INSTANTIATE_TEST_SUITE_P(NamedMasks, MaskTest, testing::ValuesIn(kMasks));

TEST_F(ReferenceTest, set_symbols_are_the_lengths_of_the_tensors) {
  Sizes sizes = {1, 2, 1, 5, 9, 4, 4};
  expectNear(attend(sizes, "mask = #attn.set<\"(b, h, i, j)[Tq, Tk] : (j - Tq >= 0, Tk - 2 - j + h >= 0)\">"),
             attendDensely(sizes, [](int64_t, int64_t h, int64_t, int64_t j) { return j >= 5 && j <= 9 - 2 + h; }));
}

TEST_F(ReferenceTest, numbers_of_masks_may_come_at_run_time) {
  Sizes sizes = {2, 2, 1, 11, 11, 4, 4};
  for (int64_t window : {0, 3, 100})
    expectNear(attend(sizes, "mask = #attn.all_of<[#attn.causal, #attn.window<left = W>]> symbols(W = %w : index)", "%w: index",
                      {index(window)}),
               attendDensely(sizes, [=](int64_t, int64_t, int64_t i, int64_t j) { return j <= i && i - window <= j; }));
}

TEST_F(ReferenceTest, divisions_round_down_for_negative_numbers) {
  AffineExpr d = builder.getAffineDimExpr(0);
  for (int64_t x = -9; x <= 9; ++x) {
    EXPECT_EQ(evaluateAffine(d.floorDiv(4), {x}, {}), floorDiv(x, 4)) << x;
    EXPECT_EQ(evaluateAffine(d % 4, {x}, {}), floorMod(x, 4)) << x;
    EXPECT_EQ(evaluateAffine(d.ceilDiv(4), {x}, {}), floorDiv(x + 3, 4)) << x;
  }
}
