//===- VisiblePairsTest.cpp - counts and empty rows against enumeration ---===//

#include "passes/analysis/VisiblePairs.h"
#include "AnalysisMasks.h"
#include "passes/analysis/AffineEvaluation.h"
#include "passes/analysis/EmptyRows.h"

#include "mlir/IR/MLIRContext.h"

#include <gtest/gtest.h>

#include <iostream>

using namespace mlir;
using namespace mlir::attn;
using namespace mlir::attn::test;

namespace {
class VisiblePairsTest : public ::testing::Test {
protected:
  void expectRight(const MaskFormula &mask, ArrayRef<Segmentation> parts, const RowSet &rows) {
    int64_t pairs = 0;
    std::optional<int64_t> empty;
    for (int64_t row = 0; row < rows.numRows; ++row) {
      int64_t visible = 0;
      for (int64_t j = 0; j < rows.numKeys; ++j)
        visible += evaluate(mask, {rows.batch, rows.head, row + rows.offset, j}, rows.symbols);
      pairs += visible;
      if (visible == 0 && !empty)
        empty = row;
    }
    PairCount count = countVisiblePairs(parts, rows);
    ASSERT_TRUE(count.exact);
    ASSERT_EQ(count.pairs, pairs) << toString(mask);
    ASSERT_EQ(findEmptyRow(parts, rows), empty) << toString(mask);
  }

  /// Whether row `row.query` sees no key, by enumeration.
  static bool isEmpty(const MaskFormula &mask, const EmptyRow &row) {
    for (int64_t j = 0; j < row.symbols[1]; ++j)
      if (evaluate(mask, {row.batch, row.head, row.query, j}, row.symbols))
        return false;
    return true;
  }

  MLIRContext context;
};
} // namespace

TEST_F(VisiblePairsTest, NamedMasks) {
  for (const NamedMask &mask : getNamedMasks(&context)) {
    SCOPED_TRACE(mask.name);
    std::vector<Segmentation> parts = computeSegmentsApart(mask.formula, kNumSymbols, &context);
    for (int64_t tq : {0, 1, 13, 29})
      for (int64_t tk : {0, 1, 17, 40})
        for (int64_t offset : {tk - tq, int64_t(0), int64_t(11)})
          for (int64_t h : {0, 1})
            for (int64_t length : {tk, tk / 2})
              expectRight(mask.formula, parts, {0, h, tq, offset, length, {tq, tk, 2, 3}});
  }
}

TEST_F(VisiblePairsTest, RandomMasks) {
  std::mt19937 random(getSeed() + 3);
  int cases = getNumCases(1500);
  for (int index = 0; index < cases && !HasFatalFailure(); ++index) {
    MaskFormula mask = getRandomMask(random, &context);
    std::vector<Segmentation> parts = computeSegmentsApart(mask, kNumSymbols, &context);
    for (int shape = 0; shape < 3; ++shape) {
      int64_t tq = draw(random, 0, 20), tk = draw(random, 0, 24);
      expectRight(mask, parts,
                  {draw(random, 0, 2),
                   draw(random, 0, 9),
                   tq,
                   draw(random, -12, 12),
                   draw(random, 0, tk),
                   {tq, tk, draw(random, -5, 9), draw(random, -5, 9)}});
    }
  }
}

TEST_F(VisiblePairsTest, ViewsApartNeedNoPredicate) {
  MaskBuilder m(&context);
  MaskFormula mask = m.causal() & (m.window(9) | m.strided(7));
  EXPECT_FALSE(computeSegments(mask, kNumSymbols, &context).remark.empty());
  for (const Segmentation &part : computeSegmentsApart(mask, kNumSymbols, &context))
    EXPECT_TRUE(part.remark.empty());
}

TEST_F(VisiblePairsTest, LargeSizesAreCountedByRows) {
  MaskBuilder m(&context);
  int64_t n = 65536;
  std::vector<Segmentation> parts = computeSegmentsApart(m.causal(), kNumSymbols, &context);
  EXPECT_EQ(countVisiblePairs(parts, {0, 0, n, 0, n, {n, n, 0, 0}}).pairs, n * (n + 1) / 2);
  EXPECT_FALSE(dependsOnBatchOrHead(parts));
  EXPECT_TRUE(dependsOnBatchOrHead(computeSegmentsApart(m.keyStride(4, m.h % 4), kNumSymbols, &context)));
}

TEST_F(VisiblePairsTest, LargePredicatesAreSampled) {
  MaskBuilder m(&context);
  int64_t n = 65536;
  std::vector<Segmentation> parts = computeSegmentsApart(m.causal() & !m.keyStride(64), kNumSymbols, &context);
  PairCount count = countVisiblePairs(parts, {0, 0, n, 0, n, {n, n, 0, 0}});
  EXPECT_FALSE(count.exact);
  EXPECT_NEAR(double(count.pairs), 63.0 / 64 * double(n) * double(n + 1) / 2, 1e-3 * double(n) * double(n));
}

TEST_F(VisiblePairsTest, NamedMasksHaveAWitnessOrNoEmptyRow) {
  MaskBuilder m(&context);
  // Whatever has the diagonal has no empty row, as long as the rows lie among the keys.
  auto find = [&](const MaskFormula &mask, const EmptyRowQuery &query) {
    return findEmptyRow(computeSegmentsApart(mask, kNumSymbols, &context), query, kNumSymbols, &context);
  };
  EmptyRowQuery decode;
  decode.symbols = {{1, 1}, {1, std::nullopt}, {0, std::nullopt}, {0, std::nullopt}};
  for (const MaskFormula &mask : {m.causal(), m.causal() & m.window(9), m.causal() & m.window(m.W, nullptr), m.chunked(6),
                                  m.dilated(3, 4), m.strided(5), m.causal() | m.prefix(m.W)})
    EXPECT_TRUE(find(mask, decode).isCertain) << toString(mask);
  EXPECT_TRUE(find(MaskFormula::allOf({}), EmptyRowQuery()).isCertain);

  // More rows than keys: the first rows lie before the first key.
  for (const MaskFormula &mask : {m.causal(), m.causal() & (m.window(9) | m.prefix(4)), m.dilated(3, 4), m.keyStride(8, 3),
                                  m.causal() & m.keyStride(64, 63), !m.causal(), m.prefix(m.W), MaskFormula::anyOf({})}) {
    std::optional<EmptyRow> row = find(mask, EmptyRowQuery()).witness;
    ASSERT_TRUE(row.has_value()) << toString(mask);
    EXPECT_TRUE(isEmpty(mask, *row)) << toString(mask);
    int64_t tq = row->symbols[0], tk = row->symbols[1];
    EXPECT_TRUE(tq >= 1 && tk >= 1 && row->query >= tk - tq && row->query < tk);
  }
  // Numbers that the caller knows rule out witnesses.
  EmptyRowQuery known;
  known.symbols = {{16, 16}, {16, 16}};
  EXPECT_TRUE(find(m.causal(), known).isCertain);
  EXPECT_TRUE(find(m.causal() & m.keyStride(8, 3), known).witness.has_value());
}

TEST_F(VisiblePairsTest, RandomWitnessesAreRight) {
  std::mt19937 random(getSeed() + 4);
  int cases = getNumCases(400), found = 0, uncertain = 0;
  EmptyRowQuery query;
  query.symbols = {{1, 12}, {1, 12}, {-5, 9}, {-5, 9}};
  query.numHeads = 4;
  for (int index = 0; index < cases && !HasFatalFailure(); ++index) {
    MaskFormula mask = getRandomMask(random, &context);
    std::vector<Segmentation> parts = computeSegmentsApart(mask, kNumSymbols, &context);
    EmptyRowAnswer answer = findEmptyRow(parts, query, kNumSymbols, &context);
    uncertain += !answer.witness && !answer.isCertain;
    if (const std::optional<EmptyRow> &row = answer.witness) {
      ++found;
      ASSERT_TRUE(isEmpty(mask, *row)) << toString(mask);
      ASSERT_TRUE(row->query >= row->symbols[1] - row->symbols[0] && row->query < row->symbols[1]);
      continue;
    }
    if (!answer.isCertain)
      continue;
    // No witness: sizes drawn at random have no empty row either.
    for (int shape = 0; shape < 10; ++shape) {
      int64_t tq = draw(random, 1, 12), tk = draw(random, 1, 12);
      RowSet rows = {0, draw(random, 0, 3), tq, tk - tq, tk, {tq, tk, draw(random, -5, 9), draw(random, -5, 9)}};
      std::optional<int64_t> empty = findEmptyRow(parts, rows);
      EXPECT_FALSE(empty.has_value()) << toString(mask) << " h=" << rows.head << " i=" << *empty + rows.offset << " Tq=" << tq
                                      << " Tk=" << tk << " V=" << rows.symbols[2] << " W=" << rows.symbols[3];
    }
  }
  std::cout << cases << " masks, " << found << " with an empty row, " << uncertain << " uncertain" << std::endl;
  EXPECT_LT(uncertain, cases / 10);
}
