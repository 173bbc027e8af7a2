//===- TileWork.cpp - what is done with one key tile ----------------------===//

#include "codegen/lower/TileWork.h"

using namespace mlir;
using namespace mlir::attn;

/// The view and tile number of a tile that was loaded or packed.
static std::pair<KeyViewOp, Value> findSource(Value tile) {
  if (auto pack = tile.getDefiningOp<PackOp>())
    return {pack.getView().getDefiningOp<KeyViewOp>(), pack.getTile()};
  if (auto load = tile.getDefiningOp<LoadOp>())
    return {load.getView().getDefiningOp<KeyViewOp>(), load.getTile()};
  return {};
}

FailureOr<TileWork> attn::matchTileWork(Block &body) {
  auto fail = [&](StringRef what) { return body.getParentOp()->emitOpError("expected ") << what << " in the work on a key tile", failure(); };
  TileWork work;
  auto accumulate = body.getTerminator()->getOperand(0).getDefiningOp<AccumulateOp>();
  if (!accumulate)
    return fail("an accumulation");
  work.step = accumulate.getState().getDefiningOp<StepOp>();
  auto product = accumulate.getProduct().getDefiningOp<ContractOp>();
  if (!work.step || !product || product.getLhs() != work.step.getWeights())
    return fail("a step and the product of its weights");
  work.values = product.getRhs();
  Value scores = work.step.getScores();
  if ((work.restrict = scores.getDefiningOp<RestrictOp>()))
    scores = work.restrict.getScores();
  if ((work.map = scores.getDefiningOp<MapOp>()))
    scores = work.map.getScores();
  auto contract = scores.getDefiningOp<ContractOp>();
  if (!contract)
    return fail("the product of queries and keys");
  if (Value init = contract.getInit(); init && !(work.bias = init.getDefiningOp<BiasOp>()))
    return fail("scores that start from a bias");
  if ((work.precision = contract.getPrecisionAttr()) != product.getPrecisionAttr())
    return fail("products of one precision");
  work.rows = contract.getLhs();
  work.keys = contract.getRhs();
  std::tie(work.keyView, work.keyTile) = findSource(work.keys);
  work.valueView = findSource(work.values).first;
  if (!work.keyView || !work.valueView)
    return fail("keys and values of a view");
  return work;
}

void attn::eraseTileOperations(func::FuncOp stage) {
  // The walk lists what is nested before what holds it.
  SmallVector<Operation *> rest;
  stage.walk([&](Operation *op) {
    if (isa_and_nonnull<AttnDialect>(op->getDialect()))
      rest.push_back(op);
  });
  for (Operation *op : rest)
    op->dropAllUses();
  for (Operation *op : rest)
    op->erase();
}
