//===- TransposeTest.cpp - the queries of a key ---------------------------===//

#include "passes/analysis/Transpose.h"
#include "AnalysisMasks.h"
#include "passes/analysis/AffineEvaluation.h"
#include "passes/analysis/TileBounds.h"
#include "passes/analysis/VisiblePairs.h"

#include "mlir/IR/MLIRContext.h"

#include <gtest/gtest.h>

using namespace mlir;
using namespace mlir::attn;
using namespace mlir::attn::test;

namespace {
class TransposeTest : public ::testing::Test {
protected:
  /// For every key, its segments hold exactly the query rows that see it.
  void expectExact(const MaskFormula &mask, const Segmentation &transposed, int64_t b, int64_t h, int64_t offset,
                   ArrayRef<int64_t> symbols) {
    MaskFormula formula = transpose(mask, kNumSymbols, &context);
    int64_t numQueries = symbols[0], numKeys = symbols[1];
    // What VisiblePairs calls rows are keys here.
    RowSet keys = {b, h, numKeys, 0, numQueries, SmallVector<int64_t>(symbols)};
    keys.symbols.push_back(offset);
    for (int64_t key = 0; key < numKeys; ++key) {
      SmallVector<int> count(numQueries);
      for (const Segment &segment : transposed.segments) {
        Interval interval = getRowInterval(segment, transposed.rowStride, keys, key);
        SmallVector<int64_t> withResidue(keys.symbols);
        withResidue.push_back(key % transposed.rowStride);
        int64_t phase = evaluate(segment.keyPhase, {b, h, key / transposed.rowStride}, withResidue);
        for (int64_t y = interval.begin; y < interval.end; ++y) {
          int64_t row = segment.keyStride * y + phase;
          ASSERT_LT(row, numQueries);
          count[row] += !segment.predicate || evaluate(*segment.predicate, {b, h, key, row}, keys.symbols);
        }
      }
      for (int64_t row = 0; row < numQueries; ++row) {
        int expected = evaluate(mask, {b, h, row + offset, key}, symbols);
        ASSERT_EQ(expected, evaluate(formula, {b, h, key, row}, keys.symbols));
        ASSERT_EQ(count[row], expected) << toString(mask) << " key " << key << " row " << row << " offset " << offset;
      }
    }
  }

  MLIRContext context;
};
} // namespace

TEST_F(TransposeTest, NamedMasksAreExact) {
  for (const NamedMask &mask : getNamedMasks(&context)) {
    SCOPED_TRACE(mask.name);
    Segmentation transposed = computeTransposedSegments(mask.formula, kNumSymbols, &context);
    // A union with a modulus may share a query view but no key view, or the other way round.
    if (!mask.hasPredicate && (mask.rowStride == 1 || mask.numSegments == 1))
      for (const Segment &segment : transposed.segments)
        EXPECT_FALSE(segment.predicate.has_value());
    for (int64_t tq : {0, 1, 13, 29})
      for (int64_t tk : {0, 1, 17, 40})
        for (int64_t offset : {tk - tq, int64_t(0), int64_t(11)})
          for (int64_t h : {0, 1})
            expectExact(mask.formula, transposed, 0, h, offset, {tq, tk, 2, 3});
  }
}

TEST_F(TransposeTest, RandomMasksAreExact) {
  std::mt19937 random(getSeed() + 2);
  int cases = getNumCases(2000);
  for (int index = 0; index < cases && !HasFatalFailure(); ++index) {
    MaskFormula mask = getRandomMask(random, &context);
    Segmentation transposed = computeTransposedSegments(mask, kNumSymbols, &context);
    for (int shape = 0; shape < 3; ++shape)
      expectExact(mask, transposed, draw(random, 0, 2), draw(random, 0, 9), draw(random, -12, 12),
                  {draw(random, 0, 20), draw(random, 0, 24), draw(random, -5, 9), draw(random, -5, 9)});
  }
}

TEST_F(TransposeTest, CausalWindowTileOfKeys) {
  MaskBuilder m(&context);
  Segmentation transposed = computeTransposedSegments(m.causal() & m.window(255), kNumSymbols, &context);
  ASSERT_EQ(transposed.segments.size(), 1u);
  TileBounds bounds = getTileBounds(transposed.segments[0], transposed.rowStride, kNumSymbols + 1, &context);
  // Keys 512..639, offset 0: rows 512..894 see some of them, rows 639..767 all of them.
  KeyTiles tiles = getKeyTiles(bounds, {0, 0, 512, 639}, {4096, 4096, 0, 0, /*offset=*/0, /*R=*/0}, 64, 4096);
  EXPECT_EQ(tiles.lo, 8);
  EXPECT_EQ(tiles.guardFreeLo, 10);
  EXPECT_EQ(tiles.guardFreeHi, 12);
  EXPECT_EQ(tiles.hi, 14);
}
