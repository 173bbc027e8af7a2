//===- SoftmaxNormalizer.cpp - online softmax as CPU operations -----------===//

#include "codegen/cpu/SoftmaxNormalizer.h"

#include "codegen/cpu/VectorEmission.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "llvm/Support/MathExtras.h"

#include <limits>

namespace mlir::attn {

static constexpr double kMinusInf = -std::numeric_limits<double>::infinity();

/// Whether no key was visible yet.
static Value isEmpty(ImplicitLocOpBuilder &b, Value rowMax) {
  return arith::CmpFOp::create(b, arith::CmpFPredicate::OEQ, rowMax, floatConstant(b, rowMax.getType(), kMinusInf));
}

/// exp2(c * (from - to)): exactly 1 where the maximum did not move, also where it still is -inf. A factor of 1 - 1e-7 instead
/// would fade old tiles a little with every tile.
static Value rescaleFactor(ImplicitLocOpBuilder &b, Value from, Value to, Value c) {
  Value factor = math::Exp2Op::create(b, arith::MulFOp::create(b, arith::SubFOp::create(b, from, to), c));
  return arith::SelectOp::create(b, isEmpty(b, to), floatConstant(b, to.getType(), 1.0), factor);
}

SmallVector<double> SoftmaxNormalizer::getInitialStatistics() const { return {kMinusInf, 0.0}; }

StepStart SoftmaxNormalizer::beginStep(ImplicitLocOpBuilder &b, ValueRange statistics, Value rowMax, Value c) const {
  Type type = rowMax.getType();
  Value factor = splat(b, type, c);
  Value newMax = largerOf(b, rowMax, statistics[0]);
  Value scaled = arith::MulFOp::create(b, newMax, factor);
  StepStart start;
  start.statistics = {newMax, statistics[1]};
  start.rescale = rescaleFactor(b, statistics[0], newMax, factor);
  // With a shift of -inf the weights of a row that sees nothing would be exp2(-inf + inf).
  start.shift = arith::SelectOp::create(b, isEmpty(b, newMax), floatConstant(b, type, 0.0), scaled);
  return start;
}

Value SoftmaxNormalizer::weight(ImplicitLocOpBuilder &b, Value score, Value c, Value shift,
                                arith::FastMathFlags fastmath) const {
  Value negated = arith::NegFOp::create(b, shift);
  Value exponent = math::FmaOp::create(b, score, splat(b, score.getType(), c), negated);
  return math::Exp2Op::create(b, exponent, fastmath);
}

SmallVector<Value> SoftmaxNormalizer::endStep(ImplicitLocOpBuilder &b, const StepStart &start, Value rowSum) const {
  return {start.statistics[0], math::FmaOp::create(b, start.statistics[1], start.rescale, rowSum)};
}

MergedState SoftmaxNormalizer::merge(ImplicitLocOpBuilder &b, ValueRange a, ValueRange other, Value c) const {
  Value factor = splat(b, a[0].getType(), c);
  Value newMax = largerOf(b, other[0], a[0]);
  MergedState merged;
  merged.scaleA = rescaleFactor(b, a[0], newMax, factor);
  merged.scaleB = rescaleFactor(b, other[0], newMax, factor);
  Value sum = math::FmaOp::create(b, other[1], merged.scaleB, arith::MulFOp::create(b, a[1], merged.scaleA));
  merged.statistics = {newMax, sum};
  return merged;
}

FinalRow SoftmaxNormalizer::finalize(ImplicitLocOpBuilder &b, ValueRange statistics, Value c) const {
  Type type = statistics[0].getType();
  Value toNatural = arith::MulFOp::create(b, splat(b, type, c), floatConstant(b, type, llvm::numbers::ln2));
  FinalRow row;
  row.rowMax = arith::MulFOp::create(b, statistics[0], toNatural);
  // An empty row has m = -inf and l = 0: log(l) = -inf adds up to lse = -inf by itself, but 1 / l must become 0.
  Value empty = isEmpty(b, statistics[0]);
  Value one = floatConstant(b, type, 1.0), zero = floatConstant(b, type, 0.0);
  Value inverse = arith::DivFOp::create(b, one, arith::SelectOp::create(b, empty, one, statistics[1]));
  row.outputScale = arith::SelectOp::create(b, empty, zero, inverse);
  row.logSumExp = arith::SelectOp::create(b, empty, row.rowMax,
                                          arith::AddFOp::create(b, row.rowMax, math::LogOp::create(b, statistics[1])));
  return row;
}

} // namespace mlir::attn
