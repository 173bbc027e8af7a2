//===- PackOperands.cpp - loads tiles in the form products read -----------===//

#include "dialect/AttnOps.h"
#include "passes/Passes.h"

namespace mlir::attn {
#define GEN_PASS_DEF_PACKOPERANDS
#include "passes/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;
using namespace mlir::attn;

namespace {
struct PackOperands : public attn::impl::PackOperandsBase<PackOperands> {
  void runOnOperation() override {
    getOperation().walk([](ForPanelsOp panels) {
      // What every panel reads is defined outside the panel loop.
      SetVector<Operation *> loads;
      panels.getBody().walk([&](Operation *op) {
        for (Value operand : op->getOperands())
          if (auto load = operand.getDefiningOp<LoadOp>(); load && !panels->isAncestor(load))
            loads.insert(load);
      });
      for (Operation *op : loads) {
        auto load = cast<LoadOp>(op);
        OpBuilder builder(load);
        Value packed = PackOp::create(builder, load.getLoc(), load.getType(), load.getView(), load.getTile());
        load.replaceAllUsesWith(packed);
        load.erase();
      }
    });
  }
};
} // namespace
