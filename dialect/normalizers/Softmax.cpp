//===- Softmax.cpp - weights from exponentials ----------------------------===//
//
// Statistics: m, the largest score so far, and l, the sum of exp2(scale * (s - m)). Scores stay raw. The maximum is subtracted before the scale
// enters: the weight of the largest score is exactly 1 however large it is. A fused scale * s - scale * m leaves the rounding of scale * m, which is
// 0.4 % of a weight at scores of 6e4, and more than the rounding to bf16 may add.
//
//===----------------------------------------------------------------------===//

#include "dialect/AttnAttrs.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include <cmath>
#include <limits>

using namespace mlir;
using namespace mlir::attn;

static constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// An f32 constant in the shape of `like`, a scalar or a vector.
static Value constantLike(ImplicitLocOpBuilder &b, Value like, double value) {
  FloatAttr scalar = b.getF32FloatAttr(value);
  if (auto vector = dyn_cast<VectorType>(like.getType()))
    return arith::ConstantOp::create(b, DenseElementsAttr::get(vector, scalar.getValue()));
  return arith::ConstantOp::create(b, scalar);
}

static Value isMinusInfinity(ImplicitLocOpBuilder &b, Value x) {
  return arith::CmpFOp::create(b, arith::CmpFPredicate::OEQ, x, constantLike(b, x, -kInfinity));
}

/// The larger one; `a` where `b` is NaN. One instruction on x86, which arith.maximumf is not.
static Value larger(ImplicitLocOpBuilder &b, Value lhs, Value rhs) {
  Value greater = arith::CmpFOp::create(b, arith::CmpFPredicate::OGT, rhs, lhs);
  return arith::SelectOp::create(b, greater, rhs, lhs);
}

/// exp2(scale * (from - to)): exactly 1 where nothing moved, also from -inf to -inf.
static Value rescaleFactor(ImplicitLocOpBuilder &b, Value from, Value to, Value scale) {
  Value distance = arith::MulFOp::create(b, arith::SubFOp::create(b, from, to), scale);
  Value factor = math::Exp2Op::create(b, distance);
  return arith::SelectOp::create(b, isMinusInfinity(b, to), constantLike(b, to, 1.0), factor);
}

SmallVector<double> SoftmaxAttr::getInitialStatistics() const { return {-kInfinity, 0.0}; }
bool SoftmaxAttr::usesRowMax() const { return true; }
bool SoftmaxAttr::usesRowSum() const { return true; }

StepStart SoftmaxAttr::buildBeginStep(ImplicitLocOpBuilder &b, ValueRange statistics, Value rowMax, Value scale) const {
  Value oldMax = statistics[0];
  Value newMax = larger(b, oldMax, rowMax);
  // Where nothing is visible yet, -inf - -inf would be NaN: the maximum counts as 0.
  Value shift = arith::SelectOp::create(b, isMinusInfinity(b, newMax), constantLike(b, newMax, 0.0), newMax);
  return {{newMax, statistics[1]}, rescaleFactor(b, oldMax, newMax, scale), shift};
}

Value SoftmaxAttr::buildWeight(ImplicitLocOpBuilder &b, Value score, Value scale, Value shift,
                               arith::FastMathFlags fastmath) const {
  Value exponent = arith::MulFOp::create(b, arith::SubFOp::create(b, score, shift), scale);
  return math::Exp2Op::create(b, exponent, fastmath);
}

SmallVector<Value> SoftmaxAttr::buildEndStep(ImplicitLocOpBuilder &b, ValueRange statistics, Value rescale, Value rowSum) const {
  return {statistics[0], math::FmaOp::create(b, statistics[1], rescale, rowSum)};
}

MergeResult SoftmaxAttr::buildMerge(ImplicitLocOpBuilder &b, ValueRange lhs, ValueRange rhs, Value scale) const {
  Value newMax = larger(b, lhs[0], rhs[0]);
  Value lhsFactor = rescaleFactor(b, lhs[0], newMax, scale);
  Value rhsFactor = rescaleFactor(b, rhs[0], newMax, scale);
  Value sum = math::FmaOp::create(b, lhs[1], lhsFactor, arith::MulFOp::create(b, rhs[1], rhsFactor));
  return {{newMax, sum}, lhsFactor, rhsFactor};
}

FinalResult SoftmaxAttr::buildFinalize(ImplicitLocOpBuilder &b, ValueRange statistics, Value scale) const {
  Value zero = constantLike(b, statistics[1], 0.0), one = constantLike(b, statistics[1], 1.0);
  Value ln2 = constantLike(b, statistics[1], M_LN2), none = constantLike(b, statistics[1], -kInfinity);
  Value empty = arith::CmpFOp::create(b, arith::CmpFPredicate::OEQ, statistics[1], zero);
  Value factor = arith::SelectOp::create(b, empty, zero, arith::DivFOp::create(b, one, statistics[1]));
  Value exponent = arith::MulFOp::create(b, statistics[0], scale);
  Value logSum = arith::AddFOp::create(b, exponent, math::Log2Op::create(b, statistics[1]));
  Value lse = arith::SelectOp::create(b, empty, none, arith::MulFOp::create(b, logSum, ln2));
  // The maximum skips NaN, the sum does not.
  Value isNaN = arith::CmpFOp::create(b, arith::CmpFPredicate::UNO, statistics[1], statistics[1]);
  return {factor, lse, arith::SelectOp::create(b, isNaN, statistics[1], arith::MulFOp::create(b, exponent, ln2))};
}

SmallVector<Value> SoftmaxAttr::buildFromFinished(ImplicitLocOpBuilder &b, Value lse, Value scale) const {
  Value log2e = constantLike(b, lse, M_LOG2E);
  Value maximum = arith::DivFOp::create(b, arith::MulFOp::create(b, lse, log2e), scale);
  Value sum = arith::SelectOp::create(b, isMinusInfinity(b, lse), constantLike(b, lse, 0.0), constantLike(b, lse, 1.0));
  // A maximum of NaN is skipped when it is compared, a sum is not.
  Value isNaN = arith::CmpFOp::create(b, arith::CmpFPredicate::UNO, lse, lse);
  return {maximum, arith::SelectOp::create(b, isNaN, lse, sum)};
}

RowResult SoftmaxAttr::evaluateRow(ArrayRef<double> scores, MutableArrayRef<double> weights) const {
  double largest = -kInfinity;
  for (double score : scores)
    if (score > largest || std::isnan(score))
      largest = score;
  double sum = 0.0;
  for (auto [weight, score] : llvm::zip(weights, scores)) {
    weight = score == -kInfinity ? 0.0 : std::exp(score - largest);
    sum += weight;
  }
  if (sum == 0.0)
    return {-kInfinity, -kInfinity};
  for (double &weight : weights)
    weight /= sum;
  return {largest + std::log(sum), largest};
}

RowResult SoftmaxAttr::evaluateRowPlainly(ArrayRef<double> scores, MutableArrayRef<double> weights) const {
  float largest = -std::numeric_limits<float>::infinity(), sum = 0.0f;
  for (double score : scores)
    if (score > largest || std::isnan(score))
      largest = score;
  if (largest == -std::numeric_limits<float>::infinity()) {
    llvm::fill(weights, 0.0);
    return {largest, largest};
  }
  for (auto [weight, score] : llvm::zip_equal(weights, scores)) {
    float exponential = std::exp(float(score) - largest);
    weight = exponential;
    sum += exponential;
  }
  for (double &weight : weights)
    weight = float(weight) / sum;
  return {largest + std::log(sum), largest};
}

RowMerge SoftmaxAttr::evaluateMerge(double lseA, double lseB) const {
  if (std::isnan(lseA) || std::isnan(lseB)) {
    constexpr double nan = std::numeric_limits<double>::quiet_NaN();
    return {nan, nan, nan};
  }
  double largest = std::max(lseA, lseB);
  if (largest == -kInfinity)
    return {0.0, 0.0, -kInfinity};
  double lse = largest + std::log(std::exp(lseA - largest) + std::exp(lseB - largest));
  return {std::exp(lseA - lse), std::exp(lseB - lse), lse};
}
