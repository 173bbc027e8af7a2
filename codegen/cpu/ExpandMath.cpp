//===- ExpandMath.cpp - no math operation becomes a library call ----------===//

#include "codegen/cpu/MathExpansions.h"
#include "codegen/cpu/Passes.h"
#include "mlir/Dialect/Math/Transforms/Approximation.h"
#include "mlir/Dialect/Math/Transforms/Passes.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/ADT/TypeSwitch.h"

namespace mlir::attn {

#define GEN_PASS_DEF_EXPANDMATHPASS
#include "codegen/cpu/Passes.h.inc"

namespace {

/// Whether LLVM has instructions for what is left of an f32 operation.
bool isNative(Operation *op) {
  return isa<math::AbsFOp, math::AbsIOp, math::SqrtOp, math::FmaOp, math::CopySignOp, math::FloorOp, math::CeilOp,
             math::TruncOp, math::RoundEvenOp, math::CountLeadingZerosOp, math::CountTrailingZerosOp, math::CtPopOp,
             math::IsNaNOp, math::IsInfOp, math::IsFiniteOp, math::IsNormalOp>(op);
}

/// Whether the operation's floats are f32, the one type the kernels compute in.
bool computesInF32(Operation *op) {
  return llvm::all_of(op->getOperandTypes(), [](Type type) {
    Type element = getElementTypeOrSelf(type);
    return !isa<FloatType>(element) || element.isF32();
  });
}

struct ExpandMath : impl::ExpandMathPassBase<ExpandMath> {
  using ExpandMathPassBase::ExpandMathPassBase;

  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    populateExponentialPatterns(patterns, fma, scalef);
    if (!rounding)
      populateRoundingPatterns(patterns);
    if (!f16c)
      populateHalfConversionPatterns(patterns);
    populateUpstreamPatterns(patterns);
    // Only these operations and what they become: to visit all others takes longer than the rest of the pass.
    SmallVector<Operation *> candidates;
    getOperation()->walk([&](Operation *op) {
      if (isa_and_nonnull<math::MathDialect>(op->getDialect()) || isa<arith::ExtFOp, arith::TruncFOp, arith::RemFOp>(op))
        candidates.push_back(op);
    });
    GreedyRewriteConfig config;
    config.setStrictness(GreedyRewriteStrictness::ExistingAndNewOps);
    if (failed(applyOpPatternsGreedily(candidates, std::move(patterns), config)))
      return signalPassFailure();
    if (getOperation()->walk([&](Operation *op) { return checkExpanded(op); }).wasInterrupted())
      signalPassFailure();
  }

private:
  void populateUpstreamPatterns(RewritePatternSet &patterns) {
    // Upstream handles these too, but worse than this pass.
    auto isOurs = [](StringRef name) { return name == "math.exp2" || name == "math.exp" || name == "math.tanh"; };
    populateMathPolynomialApproximationPatterns(patterns, [&](StringRef name) { return !isOurs(name); });
    populateMathF32ExpansionPatterns(patterns, [](StringRef) { return true; });
    SmallVector<StringRef> expansions = {"sinh", "cosh",  "tan",   "asinh", "acosh", "atanh",
                                         "powf", "fpowi", "round", "rsqrt", "clampf"};
    if (!fma)
      expansions.push_back("fma");
    math::populateExpansionPatterns(patterns, expansions);
  }

  WalkResult checkExpanded(Operation *op) {
    bool isMath = isa_and_nonnull<math::MathDialect>(op->getDialect());
    if (!isMath && !isa<arith::RemFOp>(op))
      return WalkResult::advance();
    if (!computesInF32(op)) {
      op->emitError("expected f32, bf16 or f16 operands, but got ") << op->getOperandTypes().front();
      return WalkResult::interrupt();
    }
    if (isMath && isNative(op))
      return WalkResult::advance();
    op->emitError("expected an operation that CPU kernels can compute without a library, but got '") << op->getName() << "'";
    return WalkResult::interrupt();
  }
};

} // namespace
} // namespace mlir::attn
