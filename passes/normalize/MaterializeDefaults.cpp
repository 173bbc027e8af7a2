//===- MaterializeDefaults.cpp - writes down what is left out -------------===//

#include "dialect/AttnOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "passes/Passes.h"

namespace mlir::attn {
#define GEN_PASS_DEF_MATERIALIZEDEFAULTS
#include "passes/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;
using namespace mlir::attn;

/// Tk - Tq: the last query sits on the last key.
static Value createDefaultOffset(AttentionOp op, ImplicitLocOpBuilder &b) {
  Value queryLength = tensor::DimOp::create(b, op.getQuery(), 2), keyLength = tensor::DimOp::create(b, op.getKey(), 2);
  return arith::SubIOp::create(b, keyLength, queryLength);
}

namespace {
struct MaterializeDefaults : public attn::impl::MaterializeDefaultsBase<MaterializeDefaults> {
  void runOnOperation() override {
    getOperation().walk([](Operation *op) {
      if (auto attention = dyn_cast<AttentionOp>(op)) {
        ImplicitLocOpBuilder b(op->getLoc(), op);
        if (!attention.getNormalizer())
          attention.setNormalizerAttr(attention.getNormalizerOrDefault());
        if (!attention.getOffset())
          attention.getOffsetMutable().assign(createDefaultOffset(attention, b));
      } else if (auto merge = dyn_cast<MergeOp>(op)) {
        if (!merge.getNormalizer())
          merge.setNormalizerAttr(merge.getNormalizerOrDefault());
      }
    });
  }
};
} // namespace
