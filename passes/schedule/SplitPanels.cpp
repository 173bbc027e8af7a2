//===- SplitPanels.cpp - moves the panel loop inside the key loops --------===//

#include "dialect/AttnOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "passes/Passes.h"
#include "passes/schedule/KeyLoops.h"

namespace mlir::attn {
#define GEN_PASS_DEF_SPLITPANELS
#include "passes/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;
using namespace mlir::attn;

/// The tile with `rows` rows instead of its own; tiles without rows stay.
static TileType resizeRows(TileType type, int64_t rows) {
  SmallVector<int64_t> sizes(type.getSizes());
  for (auto [name, size] : llvm::zip(type.getNames(), sizes))
    if (name.getValue() == "i")
      size = rows;
  return TileType::get(type.getContext(), type.getNames(), sizes, type.getElementType());
}

LoadOp attn::findRowLoad(ForKeysOp loop) {
  LoadOp rows;
  loop.getBody().walk([&](ContractOp contract) {
    if (auto load = contract.getLhs().getDefiningOp<LoadOp>(); load && load.getResult().getType().getSize("i") > 0)
      rows = load;
  });
  return rows;
}

AttentionShape attn::getLoopShape(ForKeysOp loop, LoadOp rows) {
  ViewType view = rows.getView().getType();
  return {view.getElementType(), view.getFeatures(), loop.getInitial().getType().getWidth(), /*group=*/1, /*hasScoreRegion=*/false};
}

/// Moves everything but the loads of a key loop into a loop over panels of `panelRows` rows.
static void splitLoop(ForKeysOp loop, int64_t panelRows) {
  LoadOp rowLoad = findRowLoad(loop);
  Block &body = loop.getBody().front();
  BlockArgument state = body.getArgument(1);
  auto stateType = cast<StateType>(state.getType());
  auto panelState = StateType::get(loop.getContext(), stateType.getNormalizer(), panelRows, stateType.getWidth());

  ImplicitLocOpBuilder b(loop.getLoc(), body.getTerminator());
  auto panels = ForPanelsOp::create(b, stateType, rowLoad.getView(), rowLoad.getTile(), state);
  Block &inner = panels.getBody().emplaceBlock();
  Value panel = inner.addArgument(b.getIndexType(), b.getLoc());
  Value innerState = inner.addArgument(panelState, b.getLoc());
  b.setInsertionPointToStart(&inner);
  auto panelTile = cast<TileType>(resizeRows(rowLoad.getResult().getType(), panelRows));
  Value rowPanel = PanelOp::create(b, panelTile, rowLoad, panel);

  SmallVector<Operation *> moved;
  for (Operation &op : body.without_terminator())
    if (!isa<LoadOp, ForPanelsOp>(op))
      moved.push_back(&op);
  for (Operation *op : moved) {
    op->moveBefore(&inner, inner.end());
    for (OpOperand &operand : op->getOpOperands()) {
      if (operand.get() == rowLoad.getResult())
        operand.set(rowPanel);
      else if (operand.get() == state)
        operand.set(innerState);
      else if (operand.get() == rowLoad.getTile() && isa<BiasOp, MapOp, RestrictOp>(op))
        operand.set(panel);
    }
    for (OpResult result : op->getResults()) {
      if (auto tile = dyn_cast<TileType>(result.getType()))
        result.setType(resizeRows(tile, panelRows));
      else if (isa<StateType>(result.getType()))
        result.setType(panelState);
    }
  }
  Operation *terminator = body.getTerminator();
  b.setInsertionPointToEnd(&inner);
  YieldOp::create(b, terminator->getOperands());
  terminator->setOperands(panels.getResult());
}

namespace {
struct SplitPanels : public attn::impl::SplitPanelsBase<SplitPanels> {
  void runOnOperation() override {
    auto target = getOperation()->getAttrOfType<TargetAttr>("attn.target");
    if (!target)
      return;
    SmallVector<std::pair<ForKeysOp, int64_t>> loops;
    getOperation().walk([&](ForKeysOp loop) {
      int64_t tileRows = loop.getInitial().getType().getRows();
      int64_t panelRows = cast<TargetAttrInterface>(target).getPanelRows(getLoopShape(loop, findRowLoad(loop)), tileRows);
      if (panelRows > 0)
        loops.push_back({loop, panelRows});
    });
    for (auto [loop, panelRows] : loops)
      splitLoop(loop, panelRows);
  }
};
} // namespace
