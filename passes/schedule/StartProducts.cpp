//===- StartProducts.cpp - starts products from what is added -------------===//

#include "dialect/AttnOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Matchers.h"
#include "passes/Passes.h"
#include "llvm/ADT/MapVector.h"

namespace mlir::attn {
#define GEN_PASS_DEF_STARTPRODUCTS
#include "passes/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;
using namespace mlir::attn;

//===----------------------------------------------------------------------===//
// The form of a region
//===----------------------------------------------------------------------===//

static std::optional<double> getConstant(Value value) {
  FloatAttr number;
  if (!matchPattern(value, m_Constant(&number)))
    return std::nullopt;
  return number.getValueAsDouble();
}

/// The coefficient of the score in the result of `op`, from those of its operands; none where the result is not linear in the score.
static std::optional<double> combineCoefficients(Operation *op, ArrayRef<double> operands) {
  if (isa<arith::AddFOp>(op))
    return operands[0] + operands[1];
  if (isa<arith::SubFOp>(op))
    return operands[0] - operands[1];
  if (isa<arith::NegFOp>(op))
    return -operands[0];
  std::optional<double> lhs = getConstant(op->getOperand(0)), rhs = op->getNumOperands() == 2 ? getConstant(op->getOperand(1)) : std::nullopt;
  if (isa<arith::MulFOp>(op) && rhs)
    return operands[0] * *rhs;
  if (isa<arith::MulFOp>(op) && lhs)
    return operands[1] * *lhs;
  if (isa<arith::DivFOp>(op) && rhs)
    return operands[0] / *rhs;
  return std::nullopt;
}

/// The coefficient of the score in `value`: 0 where `value` is made without it, none where `value` is not linear in it.
static std::optional<double> getCoefficient(Value value, BlockArgument score) {
  if (value == score)
    return 1.0;
  Operation *op = value.getDefiningOp();
  if (!op || op->getBlock() != score.getOwner())
    return 0.0;
  SmallVector<double, 2> operands;
  for (Value operand : op->getOperands()) {
    std::optional<double> coefficient = getCoefficient(operand, score);
    if (!coefficient)
      return std::nullopt;
    operands.push_back(*coefficient);
  }
  if (llvm::all_of(operands, [](double coefficient) { return coefficient == 0.0; }))
    return 0.0;
  // Where scores cancel they still decide whether the result is a number.
  std::optional<double> coefficient = combineCoefficients(op, operands);
  return coefficient == 0.0 ? std::nullopt : coefficient;
}

/// What the yielded value is for a score of zero; null for zero.
static Value buildRest(ImplicitLocOpBuilder &b, Value value, BlockArgument score, IRMapping &mapping) {
  if (value == score)
    return {};
  if (*getCoefficient(value, score) == 0.0)
    return mapping.lookupOrDefault(value);
  Operation *op = value.getDefiningOp();
  Value lhs = buildRest(b, op->getOperand(0), score, mapping);
  Value rhs = op->getNumOperands() == 2 ? buildRest(b, op->getOperand(1), score, mapping) : Value();
  bool isSum = isa<arith::AddFOp, arith::SubFOp>(op);
  if (isSum && !rhs)
    return lhs;
  if (isa<arith::AddFOp>(op) && !lhs)
    return rhs;
  if (isa<arith::SubFOp>(op) && !lhs)
    return arith::NegFOp::create(b, rhs);
  if (!isSum && (!lhs || (op->getNumOperands() == 2 && !rhs)))
    return {};
  Operation *rest = b.clone(*op);
  rest->setOperands(rhs ? ValueRange{lhs, rhs} : ValueRange{lhs});
  return rest->getResult(0);
}

//===----------------------------------------------------------------------===//
// The rewrite
//===----------------------------------------------------------------------===//

/// The arithmetic that stands between a product and a step, if it is all that does so beside a guard.
static MapOp findMap(StepOp step) {
  Value scores = step.getScores();
  if (auto restrict = scores.getDefiningOp<RestrictOp>())
    scores = restrict.getScores();
  auto map = scores.getDefiningOp<MapOp>();
  auto product = map ? map.getScores().getDefiningOp<ContractOp>() : ContractOp();
  return product && !product.getInit() && product->hasOneUse() ? map : MapOp();
}

static std::optional<double> getFactor(StepOp step) {
  MapOp map = findMap(step);
  if (!map)
    return std::nullopt;
  Block &body = map.getBody().front();
  return getCoefficient(body.getTerminator()->getOperand(0), body.getArgument(0));
}

/// Replaces the map by a product that starts from the bias.
static void startProduct(MapOp map, double factor) {
  auto product = map.getScores().getDefiningOp<ContractOp>();
  ImplicitLocOpBuilder b(map.getLoc(), product);
  auto bias = BiasOp::create(b, product.getType(), map.getBatch(), map.getHead(), map.getRows(), map.getRowTile(), map.getKeys(), map.getKeyTile());
  Block &from = map.getBody().front(), &to = bias.getBody().emplaceBlock();
  BlockArgument score = from.getArgument(0);
  IRMapping mapping;
  for (BlockArgument argument : from.getArguments().drop_front())
    mapping.map(argument, to.addArgument(argument.getType(), argument.getLoc()));
  b.setInsertionPointToStart(&to);
  for (Operation &op : from.without_terminator())
    if (getCoefficient(op.getResult(0), score) == 0.0)
      b.clone(op, mapping);
  Value rest = buildRest(b, from.getTerminator()->getOperand(0), score, mapping);
  if (rest) {
    Value inverse = arith::ConstantOp::create(b, b.getF32FloatAttr(1.0 / factor));
    YieldOp::create(b, ValueRange{arith::MulFOp::create(b, rest, inverse)});
    product.getInitMutable().assign(bias);
  } else {
    bias.erase();
  }
  map.replaceAllUsesWith(product.getResult());
  map.erase();
}

/// The exponents of steps and of what their states become must agree.
static void replaceExponent(Value exponent, double factor) {
  ImplicitLocOpBuilder b(exponent.getLoc(), exponent.getContext());
  b.setInsertionPointAfterValue(exponent);
  std::optional<double> constant = getConstant(exponent);
  Value scaled = constant ? Value(arith::ConstantOp::create(b, b.getF32FloatAttr(*constant * factor)))
                          : Value(arith::MulFOp::create(b, exponent, arith::ConstantOp::create(b, b.getF32FloatAttr(factor))));
  exponent.replaceUsesWithIf(scaled, [](OpOperand &use) {
    return isa<StepOp, FinalizeRowsOp, ReducePartialsOp, LoadFinishedOp, MergeStatesOp>(use.getOwner());
  });
}

namespace {
struct StartProducts : public attn::impl::StartProductsBase<StartProducts> {
  void runOnOperation() override {
    auto target = getOperation()->getAttrOfType<TargetAttr>("attn.target");
    if (!target || !cast<TargetAttrInterface>(target).startsProducts())
      return;
    // States with one exponent may meet, so that their scores change together or not at all.
    llvm::MapVector<Value, SmallVector<StepOp>> steps;
    getOperation().walk([&](StepOp step) { steps[step.getExponent()].push_back(step); });
    for (auto &[exponent, group] : steps) {
      std::optional<double> factor = getFactor(group.front());
      // The largest score must stay the largest one under the exponent.
      if (!factor || !(*factor > 0.0) || llvm::any_of(group, [&](StepOp step) { return getFactor(step) != factor; }))
        continue;
      for (StepOp step : group)
        startProduct(findMap(step), *factor);
      replaceExponent(exponent, *factor);
    }
  }
};
} // namespace
