//===- SoftmaxNormalizer.h - online softmax as CPU operations ---*- C++ -*-===//

#ifndef ATTN_CODEGEN_CPU_SOFTMAXNORMALIZER_H
#define ATTN_CODEGEN_CPU_SOFTMAXNORMALIZER_H

#include "codegen/cpu/KernelHooks.h"

namespace mlir::attn {

/// Softmax over the visible keys. Statistics: m, the largest raw score so far (-inf before the first), and l, the sum of
/// exp2(c * (score - m)).
class SoftmaxNormalizer final : public NormalizerEmitter {
public:
  SmallVector<double> getInitialStatistics() const override;
  bool usesRowMax() const override { return true; }
  bool usesRowSum() const override { return true; }
  StepStart beginStep(ImplicitLocOpBuilder &b, ValueRange statistics, Value rowMax, Value c) const override;
  Value weight(ImplicitLocOpBuilder &b, Value score, Value c, Value shift, arith::FastMathFlags fastmath) const override;
  SmallVector<Value> endStep(ImplicitLocOpBuilder &b, const StepStart &start, Value rowSum) const override;
  MergedState merge(ImplicitLocOpBuilder &b, ValueRange a, ValueRange other, Value c) const override;
  FinalRow finalize(ImplicitLocOpBuilder &b, ValueRange statistics, Value c) const override;
};

} // namespace mlir::attn

#endif // ATTN_CODEGEN_CPU_SOFTMAXNORMALIZER_H
