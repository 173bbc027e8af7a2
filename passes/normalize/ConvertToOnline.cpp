//===- ConvertToOnline.cpp - attention as a mergeable result --------------===//

#include "dialect/AttnOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "passes/Passes.h"
#include "passes/analysis/SegmentAttributes.h"
#include <cmath>

namespace mlir::attn {
#define GEN_PASS_DEF_CONVERTTOONLINE
#include "passes/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;
using namespace mlir::attn;

static Value createF32(ImplicitLocOpBuilder &b, double value) { return arith::ConstantOp::create(b, b.getF32FloatAttr(value)); }

/// The scale as a value.
static Value createScale(AttentionOp op, ImplicitLocOpBuilder &b) {
  if (op.getScaleValue())
    return op.getScaleValue();
  return createF32(b, *op.getConstantScale());
}

/// The factor from a score to its base-2 exponent. Without score arithmetic it holds the scale.
static Value createExponent(AttentionOp op, ImplicitLocOpBuilder &b) {
  if (!op.getScore().empty())
    return createF32(b, M_LOG2E);
  if (std::optional<double> scale = op.getConstantScale())
    return createF32(b, *scale * M_LOG2E);
  return arith::MulFOp::create(b, op.getScaleValue(), createF32(b, M_LOG2E));
}

/// Moves the score region and lets it begin with the multiplication by the scale.
static void moveScoreRegion(AttentionOp op, OnlineAttentionOp online, Value scale) {
  if (op.getScore().empty())
    return;
  online.getScore().takeBody(op.getScore());
  Block &block = online.getScore().front();
  ImplicitLocOpBuilder b = ImplicitLocOpBuilder::atBlockBegin(op.getLoc(), &block);
  BlockArgument raw = block.getArgument(0);
  auto scaled = arith::MulFOp::create(b, raw, scale);
  raw.replaceAllUsesExcept(scaled, scaled);
}

static LogicalResult convertAttention(AttentionOp op, std::chrono::milliseconds budget) {
  ImplicitLocOpBuilder b(op.getLoc(), op);
  MaskSegments segments = computeMaskSegments(op, budget);
  if (!segments.remark.empty())
    op.emitRemark("the mask is tested for each pair of some key tiles: ") << segments.remark;
  auto output = cast<RankedTensorType>(op.getOutput().getType());
  auto partial = PartialType::get(op.getContext(), *op.getNormalizer(), output.getShape());
  SmallVector<Value> numbers = {tensor::DimOp::create(b, op.getQuery(), 2), tensor::DimOp::create(b, op.getKey(), 2)};
  llvm::append_range(numbers, op.getSymbolValues());
  Value exponent = createExponent(op, b);
  Value scale = op.getScore().empty() ? Value() : createScale(op, b);
  auto online = OnlineAttentionOp::create(b, partial, op.getQuery(), op.getKey(), op.getValue(), exponent, op.getLengths(), op.getOffset(),
                                          numbers, segments.attribute, op.getPrecisionAttr());
  moveScoreRegion(op, online, scale);
  auto finalize = FinalizeOp::create(b, op.getResultTypes(), online.getPartial(), exponent);
  finalize.getProperties().setResultSegmentSizes(op.getProperties().resultSegmentSizes);
  op->replaceAllUsesWith(finalize);
  op.erase();
  return success();
}

static void convertMerge(MergeOp op) {
  ImplicitLocOpBuilder b(op.getLoc(), op);
  auto output = cast<RankedTensorType>(op.getOutput().getType());
  auto partial = PartialType::get(op.getContext(), *op.getNormalizer(), output.getShape());
  Value exponent = createF32(b, M_LOG2E);
  Value lhs = PartialOfOp::create(b, partial, op.getLhs(), op.getLhsLse(), exponent);
  Value rhs = PartialOfOp::create(b, partial, op.getRhs(), op.getRhsLse(), exponent);
  Value merged = MergePartialsOp::create(b, partial, lhs, rhs, exponent);
  auto finalize = FinalizeOp::create(b, op.getOutput().getType(), op.getLse().getType(), Type(), merged, exponent);
  op->replaceAllUsesWith(ValueRange{finalize.getOutput(), finalize.getLse()});
  op.erase();
}

namespace {
struct ConvertToOnline : public attn::impl::ConvertToOnlineBase<ConvertToOnline> {
  using ConvertToOnlineBase::ConvertToOnlineBase;

  void runOnOperation() override {
    SmallVector<AttentionOp> attentions;
    SmallVector<MergeOp> merges;
    getOperation().walk([&](Operation *op) {
      if (auto attention = dyn_cast<AttentionOp>(op))
        attentions.push_back(attention);
      else if (auto merge = dyn_cast<MergeOp>(op))
        merges.push_back(merge);
    });
    for (AttentionOp attention : attentions)
      if (failed(convertAttention(attention, std::chrono::milliseconds(budget))))
        return signalPassFailure();
    for (MergeOp merge : merges)
      convertMerge(merge);
  }
};
} // namespace
