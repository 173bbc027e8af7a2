//===- LinearFormTest.cpp - linear forms and elimination ------------------===//

#include "passes/analysis/LinearForm.h"
#include "AnalysisMasks.h"
#include "passes/analysis/AffineEvaluation.h"
#include "passes/analysis/Elimination.h"

#include "mlir/IR/MLIRContext.h"

#include <gtest/gtest.h>

using namespace mlir;
using namespace mlir::attn;
using namespace mlir::attn::test;

namespace {
class LinearFormTest : public ::testing::Test {
protected:
  MLIRContext context;
  MaskBuilder m{&context};

  int64_t at(const LinearForm &form, int64_t i, int64_t j) { return evaluate(form.toAffine(), {0, 0, i, j}, {0, 0, 0, 0}); }
};
} // namespace

TEST_F(LinearFormTest, EqualValuesHaveEqualForms) {
  auto of = [](AffineExpr expr) { return LinearForm::of(expr); };
  EXPECT_EQ(of(m.i + m.j), of(m.j + m.i));
  EXPECT_EQ(of(m.i % 5), of(m.i - m.i.floorDiv(5) * 5));
  EXPECT_EQ(of((m.i * 7 + 3) % 5), of((m.i * 2 + 3) % 5));
  EXPECT_EQ(of((m.i * 4 + 6).floorDiv(8)), of((m.i * 2 + 3).floorDiv(4)));
  EXPECT_EQ(of(m.i.floorDiv(2).floorDiv(3)), of(m.i.floorDiv(6)));
  EXPECT_EQ(of(m.i.ceilDiv(4)), of((m.i + 3).floorDiv(4)));
  EXPECT_EQ(of((m.i + m.j * 4).floorDiv(4)), of(m.i.floorDiv(4) + m.j));
}

TEST_F(LinearFormTest, FormsHaveTheValueOfTheirExpression) {
  std::mt19937 random(getSeed() + 6);
  for (int index = 0; index < 2000; ++index) {
    int64_t a = draw(random, -9, 9), b = draw(random, -9, 9), c = draw(random, -20, 20), n = draw(random, 1, 9),
            k = draw(random, 1, 9);
    AffineExpr inner = (m.i * a + m.j * b + c).floorDiv(n);
    AffineExpr expr = (inner * draw(random, -4, 4) + m.j).ceilDiv(k) - (m.i + inner) % k;
    LinearForm form = LinearForm::of(expr);
    ASSERT_TRUE(form.isValid());
    for (int64_t i = -7; i < 7; ++i)
      for (int64_t j = -5; j < 5; ++j)
        ASSERT_EQ(at(form, i, j), evaluate(expr, {0, 0, i, j}, {}));
    ASSERT_EQ(LinearForm::of(form.toAffine()), form);
  }
}

TEST_F(LinearFormTest, OverflowMakesAFormInvalid) {
  EXPECT_FALSE(LinearForm::of(m.i * (int64_t(1) << 40)).isValid());
  EXPECT_FALSE(LinearForm(&context, INT64_MAX).isValid());
  EXPECT_FALSE((LinearForm(&context, int64_t(1) << 59) * 16).isValid());
  EXPECT_FALSE((LinearForm::of(m.i) * (int64_t(1) << 30) * 8 + LinearForm::of(m.j)).isValid());
  EXPECT_FALSE(LinearForm::of(m.i * m.j).isValid());
  EXPECT_FALSE(LinearForm::of(m.i % m.W).isValid());
}

TEST_F(LinearFormTest, EliminationKeepsExactlyTheShadow) {
  std::mt19937 random(getSeed() + 7);
  int exactCount = 0, cases = 600;
  for (int index = 0; index < cases; ++index) {
    // a * i + c * j + d >= 0 and -b * i + e * j + f >= 0; i is eliminated.
    int64_t a = draw(random, 1, 5), b = draw(random, 1, 5), c = draw(random, -3, 3), e = draw(random, -3, 3);
    LinearForm lower = LinearForm::of(m.i * a + m.j * c + draw(random, -9, 9));
    LinearForm upper = LinearForm::of(m.i * -b + m.j * e + draw(random, -9, 9));
    for (AffineExpr linearIn : {AffineExpr(), m.j}) {
      bool exact = true;
      LinearForm result = combineBounds(lower, upper, m.i, linearIn, exact);
      EXPECT_TRUE(linearIn || exact);
      exactCount += exact;
      for (int64_t j = -8; j <= 8; ++j) {
        bool exists = false;
        for (int64_t i = -40; i <= 40; ++i)
          exists = exists || (at(lower, i, j) >= 0 && at(upper, i, j) >= 0);
        bool claimed = at(result, 0, j) >= 0;
        ASSERT_TRUE(claimed || !exists);
        if (exact)
          ASSERT_EQ(claimed, exists) << a << " " << b << " j=" << j;
      }
    }
  }
  EXPECT_GT(exactCount, cases * 3 / 2);
  EXPECT_LT(exactCount, cases * 2);
}
