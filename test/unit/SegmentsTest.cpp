//===- SegmentsTest.cpp - segments against enumeration --------------------===//

#include "passes/analysis/Segments.h"
#include "AnalysisMasks.h"
#include "passes/analysis/AffineEvaluation.h"

#include "mlir/IR/MLIRContext.h"
#include "llvm/Support/raw_ostream.h"

#include <gtest/gtest.h>

#include <chrono>
#include <iostream>

using namespace mlir;
using namespace mlir::attn;
using namespace mlir::attn::test;

namespace {
/// Whether `segment` holds (b, h, i, j), read off its definition.
bool contains(const Segment &segment, int64_t rowStride, ArrayRef<int64_t> dims, ArrayRef<int64_t> symbols) {
  int64_t residue = ((dims[2] % rowStride) + rowStride) % rowStride;
  SmallVector<int64_t> withResidue(symbols);
  withResidue.push_back(residue);
  int64_t view[] = {dims[0], dims[1], (dims[2] - residue) / rowStride};
  int64_t phase = evaluate(segment.keyPhase, view, withResidue);
  EXPECT_GE(phase, 0);
  EXPECT_LT(phase, segment.keyStride);
  if (dims[3] < phase || (dims[3] - phase) % segment.keyStride != 0)
    return false;
  int64_t y = (dims[3] - phase) / segment.keyStride;
  for (AffineExpr condition : segment.conditions)
    if (evaluate(condition, view, withResidue) < 0)
      return false;
  for (AffineExpr bound : segment.lower)
    if (y < evaluate(bound, view, withResidue))
      return false;
  for (AffineExpr bound : segment.upper)
    if (y >= evaluate(bound, view, withResidue))
      return false;
  return !segment.predicate || evaluate(*segment.predicate, dims, symbols);
}

std::string describe(const Segmentation &segmentation) {
  std::string text;
  llvm::raw_string_ostream stream(text);
  stream << "row stride " << segmentation.rowStride << ", remark '" << segmentation.remark << "'\n";
  for (const Segment &segment : segmentation.segments) {
    stream << "  key = " << segment.keyStride << " * y + " << segment.keyPhase << ", lower";
    for (AffineExpr bound : segment.lower)
      stream << " [" << bound << "]";
    stream << ", upper";
    for (AffineExpr bound : segment.upper)
      stream << " [" << bound << "]";
    stream << ", if";
    for (AffineExpr condition : segment.conditions)
      stream << " [" << condition << "]";
    if (segment.predicate)
      stream << ", predicate " << toString(*segment.predicate);
    stream << "\n";
  }
  return text;
}

/// Every (i, j) of the mask lies in exactly one segment, every other in none.
void expectExact(const MaskFormula &mask, const Segmentation &segmentation, int64_t b, int64_t h, int64_t offset,
                 ArrayRef<int64_t> symbols) {
  for (int64_t row = 0; row < symbols[0]; ++row)
    for (int64_t j = 0; j < symbols[1]; ++j) {
      int64_t dims[] = {b, h, row + offset, j};
      int count = 0;
      for (const Segment &segment : segmentation.segments)
        count += contains(segment, segmentation.rowStride, dims, symbols);
      int expected = evaluate(mask, dims, symbols);
      ASSERT_EQ(count, expected) << toString(mask) << "\n"
                                 << describe(segmentation) << "at b=" << b << " h=" << h << " i=" << dims[2] << " j=" << j
                                 << " Tq=" << symbols[0] << " Tk=" << symbols[1] << " V=" << symbols[2] << " W=" << symbols[3];
    }
}

class SegmentsTest : public ::testing::Test {
protected:
  MLIRContext context;
};
} // namespace

TEST_F(SegmentsTest, NamedMasksAreExact) {
  for (const NamedMask &mask : getNamedMasks(&context)) {
    SCOPED_TRACE(mask.name);
    Segmentation segmentation = computeSegments(mask.formula, kNumSymbols, &context);
    SCOPED_TRACE(describe(segmentation));
    if (mask.numSegments >= 0)
      EXPECT_EQ(segmentation.segments.size(), size_t(mask.numSegments));
    EXPECT_EQ(segmentation.rowStride, mask.rowStride);
    EXPECT_EQ(segmentation.remark.empty(), !mask.hasPredicate);
    for (const Segment &segment : segmentation.segments)
      if (!mask.hasPredicate)
        EXPECT_FALSE(segment.predicate.has_value());
    for (int64_t tq : {0, 1, 13, 29})
      for (int64_t tk : {0, 1, 17, 40})
        for (int64_t offset : {tk - tq, int64_t(0), int64_t(11)})
          for (int64_t h : {0, 1, 5})
            for (auto [v, w] : {std::make_pair(2, 3), std::make_pair(0, 12), std::make_pair(-4, 1)})
              expectExact(mask.formula, segmentation, 0, h, offset, {tq, tk, v, w});
  }
}

TEST_F(SegmentsTest, FullMaskHasNoBounds) {
  Segmentation segmentation = computeSegments(MaskFormula::allOf({}), kNumSymbols, &context);
  ASSERT_EQ(segmentation.segments.size(), 1u);
  EXPECT_TRUE(segmentation.segments[0].lower.empty());
  EXPECT_TRUE(segmentation.segments[0].upper.empty());
  EXPECT_TRUE(segmentation.segments[0].conditions.empty());
  EXPECT_EQ(segmentation.segments[0].keyStride, 1);
}

TEST_F(SegmentsTest, RandomMasksAreExact) {
  std::mt19937 random(getSeed());
  int withPredicate = 0, cases = getNumCases(3000);
  double slowest = 0;
  for (int index = 0; index < cases && !HasFatalFailure(); ++index) {
    MaskFormula mask = getRandomMask(random, &context);
    auto start = std::chrono::steady_clock::now();
    Segmentation segmentation = computeSegments(mask, kNumSymbols, &context);
    slowest = std::max(slowest, std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count());
    withPredicate += !segmentation.remark.empty();
    for (int shape = 0; shape < 3; ++shape) {
      int64_t tq = draw(random, 0, 20), tk = draw(random, 0, 24);
      int64_t offset = draw(random, 0, 1) ? tk - tq : draw(random, -12, 12);
      expectExact(mask, segmentation, draw(random, 0, 2), draw(random, 0, 9), offset,
                  {tq, tk, draw(random, -5, 9), draw(random, -5, 9)});
    }
  }
  RecordProperty("with_predicate", withPredicate);
  std::cout << cases << " masks, " << withPredicate << " with a predicate, slowest " << slowest << " ms" << std::endl;
}

TEST_F(SegmentsTest, NoTimeLeavesThePredicate) {
  MaskBuilder m(&context);
  MaskFormula mask = m.causal() & (m.window(9) | m.prefix(4));
  Segmentation segmentation = computeSegments(mask, kNumSymbols, &context, std::chrono::milliseconds(0));
  ASSERT_EQ(segmentation.segments.size(), 1u);
  EXPECT_TRUE(segmentation.segments[0].predicate.has_value());
  EXPECT_EQ(segmentation.segments[0].upper.size(), 1u); // the causal bound is certain
  EXPECT_NE(segmentation.remark.find("ran out of time"), std::string::npos) << segmentation.remark;
  expectExact(mask, segmentation, 0, 0, 3, {17, 29, 0, 0});
}

TEST_F(SegmentsTest, NumbersThatAreTooLargeLeaveThePredicate) {
  MaskBuilder m(&context);
  MaskFormula mask = MaskFormula::atLeastZero(m.i * (int64_t(1) << 40) - m.j) & m.causal();
  Segmentation segmentation = computeSegments(mask, kNumSymbols, &context);
  ASSERT_EQ(segmentation.segments.size(), 1u);
  EXPECT_TRUE(segmentation.segments[0].predicate.has_value());
  EXPECT_NE(segmentation.remark.find("too large"), std::string::npos) << segmentation.remark;
  expectExact(mask, segmentation, 0, 0, -5, {17, 12, 0, 0});
}

TEST_F(SegmentsTest, LargeModuliAreViews) {
  MaskBuilder m(&context);
  MaskFormula mask = MaskFormula::isZero((m.j * 4099 + m.h * 77) % 65537);
  Segmentation segmentation = computeSegments(mask, kNumSymbols, &context);
  ASSERT_EQ(segmentation.segments.size(), 1u);
  EXPECT_EQ(segmentation.segments[0].keyStride, 65537);
  EXPECT_TRUE(segmentation.remark.empty());
  for (int64_t h : {0, 1, 31})
    expectExact(mask, segmentation, 0, h, 0, {1, 200000, 0, 0});
}

TEST_F(SegmentsTest, ManyPartsEndInTime) {
  // A conjunction of 12 disjunctions of three windows each: 3^12 conjuncts before pruning.
  MaskBuilder m(&context);
  SmallVector<MaskFormula> factors;
  for (int64_t index = 0; index < 12; ++index)
    factors.push_back(MaskFormula::anyOf({m.window(index), MaskFormula::atLeastZero(m.j * (index + 2) - m.i * 3 + index),
                                          MaskFormula::isZero((m.i + m.j * index) % (index + 3))}));
  MaskFormula mask = MaskFormula::allOf(factors) & m.causal();
  auto start = std::chrono::steady_clock::now();
  Segmentation segmentation = computeSegments(mask, kNumSymbols, &context);
  EXPECT_LT(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count(), 2);
  EXPECT_FALSE(segmentation.remark.empty());
  expectExact(mask, segmentation, 0, 0, -3, {25, 40, 0, 0});
}

TEST_F(SegmentsTest, ExtremeNumbersAreSurvived) {
  // Only that nothing overflows or stalls: the values themselves do not fit 64 bits.
  std::mt19937 random(getSeed() + 5);
  MaskBuilder m(&context);
  auto extreme = [&] { return (int64_t(1) << draw(random, 20, 62)) - draw(random, -1, 1); };
  for (int index = 0; index < 300; ++index) {
    int64_t a = extreme(), b = extreme(), c = extreme();
    MaskFormula first = MaskFormula::atLeastZero(m.i * a + m.j * draw(random, -3, 3) + b);
    MaskFormula second = MaskFormula::isZero((m.j + m.constant(b)) % a - c);
    MaskFormula third = MaskFormula::atLeastZero((m.i - m.j).floorDiv(c) * draw(random, -9, 9) - m.j.floorDiv(b) + m.W);
    for (const MaskFormula &mask : {first & second, first | !third, !(second | third), m.causal() & (first | third)}) {
      Segmentation segmentation = computeSegments(mask, kNumSymbols, &context);
      for (const Segment &segment : segmentation.segments)
        EXPECT_GE(segment.keyStride, 1);
    }
  }
}
