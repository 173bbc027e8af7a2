//===- MergeTest.cpp - partial results and functions of functions ---------===//

#include "Evaluate.h"

#include <cmath>

using namespace mlir;
using namespace mlir::attn::reference;

static const char *kHalves = R"(
    !t = tensor<?x2x?x4xf32>
    !l = tensor<?x2x?xf32>
    func.func private @part(%q: !t, %k: !t, %v: !t, %off: index) -> (!t, !l) {
      %o, %l = attn.attention %q, %k, %v mask = #attn.causal offset(%off : index) : !t, !t, !t -> !t, lse : !l
      return %o, %l : !t, !l
    }
    func.func @ring(%q: !t, %k: !t, %v: !t, %k2: !t, %v2: !t, %off: index, %off2: index) -> (!t, !l) {
      %a, %la = func.call @part(%q, %k, %v, %off) : (!t, !t, !t, index) -> (!t, !l)
      %b, %lb = func.call @part(%q, %k2, %v2, %off2) : (!t, !t, !t, index) -> (!t, !l)
      %o, %l = attn.merge %a, %la with %b, %lb : !t, !l
      return %o, %l : !t, !l
    })";

/// Keys [from, to) of [1, heads, keys, dim].
static Array slice(const Array &source, int64_t from, int64_t to) {
  Array part(source.elementType, {1, source.size(1), to - from, source.size(3)});
  for (int64_t h = 0; h < part.size(1); ++h)
    for (int64_t j = from; j < to; ++j)
      std::copy_n(source.row(0, h, j), source.size(3), part.row(0, h, j - from));
  return part;
}

TEST_F(ReferenceTest, merge_of_two_parts_is_the_whole) {
  Sizes sizes = {1, 2, 2, 9, 9, 4, 4};
  Array k = key(sizes), v = value(sizes);
  Attended whole = attend(sizes, "mask = #attn.causal");
  for (int64_t cut : {0, 4, 9}) {
    // Key j of the second part is key j + cut of the whole, which moves the queries back by as much.
    SmallVector<Array> merged = run(
        kHalves, {query(sizes), slice(k, 0, cut), slice(v, 0, cut), slice(k, cut, 9), slice(v, cut, 9), index(0), index(-cut)});
    expectNear(merged[0], whole.output);
    expectNear(merged[1], whole.lse);
  }
}

static const char *kMerge = R"(
    !t = tensor<1x1x1x2xf32>
    !l = tensor<1x1x1xf32>
    func.func @merge(%a: !t, %la: !l, %b: !t, %lb: !l) -> (!t, !l) {
      %o, %l = attn.merge %a, %la with %b, %lb : !t, !l
      return %o, %l : !t, !l
    })";

TEST_F(ReferenceTest, merge_weighs_by_sums_of_exponentials) {
  Array a(f32, {1, 1, 1, 2}, 1.0), b(f32, {1, 1, 1, 2}, 4.0), la(f32, {1, 1, 1}, std::log(3.0)),
      lb(f32, {1, 1, 1}, std::log(1.0));
  SmallVector<Array> merged = run(kMerge, {a, la, b, lb});
  EXPECT_NEAR(merged[0].elements[0], (3.0 * 1.0 + 1.0 * 4.0) / 4.0, 1e-15);
  EXPECT_NEAR(merged[1].elements[0], std::log(4.0), 1e-15);
}

TEST_F(ReferenceTest, an_empty_part_changes_nothing) {
  Array a(f32, {1, 1, 1, 2}, 1.5), none(f32, {1, 1, 1, 2}, NAN), la(f32, {1, 1, 1}, 0.7), empty(f32, {1, 1, 1}, -INFINITY);
  SmallVector<Array> merged = run(kMerge, {a, la, none, empty});
  EXPECT_EQ(merged[0].elements[1], 1.5);
  EXPECT_NEAR(merged[1].elements[0], 0.7, 1e-15);
  SmallVector<Array> nothing = run(kMerge, {a, empty, a, empty});
  EXPECT_EQ(nothing[0].elements[0], 0.0);
  EXPECT_EQ(nothing[1].elements[0], -INFINITY);
}
