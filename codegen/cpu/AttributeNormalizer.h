//===- AttributeNormalizer.h - a normaliser attribute in the kernels -*- C++ -*-===//

#ifndef ATTN_CODEGEN_CPU_ATTRIBUTENORMALIZER_H
#define ATTN_CODEGEN_CPU_ATTRIBUTENORMALIZER_H

#include "codegen/cpu/KernelHooks.h"
#include "codegen/cpu/VectorEmission.h"
#include "dialect/AttnAttrs.h"

namespace mlir::attn {

/// Lets the CPU kernels ask a normaliser attribute; the factor `c` is a number there and is spread over the lanes here.
class AttributeNormalizer : public NormalizerEmitter {
public:
  explicit AttributeNormalizer(NormalizerAttrInterface normalizer) : normalizer(normalizer) {}

  SmallVector<double> getInitialStatistics() const override { return normalizer.getInitialStatistics(); }
  bool usesRowMax() const override { return normalizer.usesRowMax(); }
  bool usesRowSum() const override { return normalizer.usesRowSum(); }
  StepStart beginStep(ImplicitLocOpBuilder &b, ValueRange statistics, Value rowMax, Value c) const override {
    return normalizer.buildBeginStep(b, statistics, rowMax, spread(b, c, statistics));
  }
  Value weight(ImplicitLocOpBuilder &b, Value score, Value c, Value shift, arith::FastMathFlags fastmath) const override {
    return normalizer.buildWeight(b, score, splat(b, score.getType(), c), shift, fastmath);
  }
  SmallVector<Value> endStep(ImplicitLocOpBuilder &b, const StepStart &start, Value rowSum) const override {
    return normalizer.buildEndStep(b, start.statistics, start.rescale, rowSum);
  }
  MergedState merge(ImplicitLocOpBuilder &b, ValueRange a, ValueRange other, Value c) const override {
    MergeResult merged = normalizer.buildMerge(b, a, other, spread(b, c, a));
    return {merged.statistics, merged.lhsFactor, merged.rhsFactor};
  }
  FinalRow finalize(ImplicitLocOpBuilder &b, ValueRange statistics, Value c) const override {
    FinalResult result = normalizer.buildFinalize(b, statistics, spread(b, c, statistics));
    return {result.outputFactor, result.lse, result.rowMax};
  }

private:
  /// Statistics of a normaliser without any are formed on numbers.
  static Value spread(ImplicitLocOpBuilder &b, Value c, ValueRange like) {
    return like.empty() ? c : splat(b, like.front().getType(), c);
  }

  mutable NormalizerAttrInterface normalizer;
};

} // namespace mlir::attn

#endif // ATTN_CODEGEN_CPU_ATTRIBUTENORMALIZER_H
