//===- ScoreHooks.cpp - what a description does to scores -----------------===//

#include "codegen/cpu/lower/ScoreHooks.h"
#include "codegen/cpu/VectorEmission.h"
#include "codegen/lower/AffineEmission.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "passes/analysis/SegmentAttributes.h"
#include <limits>

using namespace mlir;
using namespace mlir::attn;

static constexpr unsigned kNumPositionValues = 6;

static unsigned countCaptured(const ScoreTreatment &scores) {
  MapOp map = scores.map;
  return map ? LaneRegion::getCaptured(map.getBody()).size() : 0;
}

static std::optional<MaskFormula> getPredicate(const ScoreTreatment &scores) {
  RestrictOp restrict = scores.restrict;
  return restrict ? getSegment(restrict.getSegment()).predicate : std::nullopt;
}

PanelScoreHook::PanelScoreHook(const ScoreTreatment &treatment)
    : scores(treatment), predicate(getPredicate(treatment)), numCaptured(countCaptured(treatment)) {}

/// -inf where the predicate does not hold.
static Value hideUnless(ImplicitLocOpBuilder &b, const MaskFormula &predicate, Value score, ValueRange point, ValueRange numbers) {
  auto scoreType = cast<VectorType>(score.getType());
  auto type = VectorType::get(scoreType.getShape(), b.getI32Type());
  Value visible = emitFormula(b, predicate, type, point, numbers);
  Value hidden = floatConstant(b, scoreType, -std::numeric_limits<double>::infinity());
  return arith::SelectOp::create(b, visible, score, hidden);
}

PanelScoreHook::RowLanes PanelScoreHook::getRowLanes(ImplicitLocOpBuilder &b, unsigned lanes, const ScoreContext &context) {
  auto [found, isNew] = rowLanes.try_emplace(context.laneVector);
  if (!isNew)
    return found->second;
  OpBuilder::InsertionGuard guard(b);
  // The loops around are not part of the function yet; its arguments know where it begins.
  b.setInsertionPointToStart(cast<BlockArgument>(context.extra.front()).getOwner());
  Value headBase = context.extra[1], firstRow = context.extra[2], origin = context.extra[3], residue = context.extra[4];
  auto type = VectorType::get({lanes}, b.getI32Type());
  auto splatOf = [&](int64_t value) -> Value {
    return arith::ConstantOp::create(b, DenseElementsAttr::get(type, b.getI32IntegerAttr(value)));
  };
  SmallVector<int32_t> numbers = llvm::to_vector(llvm::seq<int32_t>(context.laneVector * lanes, (context.laneVector + 1) * lanes));
  Value row = arith::AddIOp::create(b, spreadInteger(b, firstRow, type),
                                    arith::ConstantOp::create(b, DenseElementsAttr::get(type, ArrayRef(numbers))));
  Value position = row, head = headBase;
  if (int64_t group = scores.positions.group; group > 1) {
    position = arith::DivSIOp::create(b, row, splatOf(group));
    Value inGroup = arith::SubIOp::create(b, row, arith::MulIOp::create(b, position, splatOf(group)));
    head = arith::AddIOp::create(b, spreadInteger(b, headBase, type), inGroup);
  }
  Value query = arith::AddIOp::create(b, position, spreadInteger(b, origin, type));
  if (scores.positions.rowStep > 1)
    query = arith::AddIOp::create(b, arith::MulIOp::create(b, query, splatOf(scores.positions.rowStep)), spreadInteger(b, residue, type));
  return found->second = {head, query};
}

Value PanelScoreHook::apply(ImplicitLocOpBuilder &b, Value score, const ScoreContext &context) {
  unsigned lanes = cast<VectorType>(score.getType()).getNumElements();
  RowLanes rows = getRowLanes(b, lanes, context);
  Value step = indexConstant(b, scores.positions.keyStep);
  Value key = arith::AddIOp::create(b, context.extra[5], arith::MulIOp::create(b, context.keyInTile, step));
  if (scores.map) {
    if (!region)
      region.emplace(scores.map->getRegion(0), context.extra.slice(kNumPositionValues, numCaptured));
    score = region->apply(b, score, {context.extra[0], rows.head, rows.query, key}, context.laneVector);
  }
  if (!predicate)
    return score;
  ValueRange numbers = context.extra.drop_front(kNumPositionValues + numCaptured);
  return hideUnless(b, *predicate, score, {context.extra[0], rows.head, rows.query, key}, numbers);
}

StreamScoreHook::StreamScoreHook(const ScoreTreatment &treatment)
    : scores(treatment), predicate(getPredicate(treatment)), numCaptured(countCaptured(treatment)) {}

Value StreamScoreHook::apply(ImplicitLocOpBuilder &b, Value score, const ScoreContext &context) {
  unsigned lanes = cast<VectorType>(score.getType()).getNumElements();
  ValueRange extra = context.extra;
  // One row: its head and position are numbers.
  Value row = arith::AddIOp::create(b, extra[2], context.row), group = indexConstant(b, scores.positions.group);
  Value head = arith::AddIOp::create(b, extra[1], arith::RemUIOp::create(b, row, group));
  Value query = arith::AddIOp::create(b, arith::DivUIOp::create(b, row, group), extra[3]);
  query = arith::MulIOp::create(b, query, indexConstant(b, scores.positions.rowStep));
  query = arith::AddIOp::create(b, query, extra[4]);
  // Keys differ from lane to lane.
  auto type = VectorType::get({lanes}, b.getI32Type());
  SmallVector<int32_t> distances;
  for (unsigned lane = 0; lane < lanes; ++lane)
    distances.push_back(lane * scores.positions.keyStep);
  Value first = arith::MulIOp::create(b, context.keyInTile, indexConstant(b, scores.positions.keyStep));
  Value key = arith::AddIOp::create(b, spreadInteger(b, arith::AddIOp::create(b, extra[5], first), type),
                                    arith::ConstantOp::create(b, DenseElementsAttr::get(type, ArrayRef(distances))));
  if (scores.map) {
    LaneRegion region(scores.map->getRegion(0), extra.slice(kNumPositionValues, numCaptured));
    score = region.apply(b, score, {extra[0], head, query, key}, /*rowLanes=*/0);
  }
  if (!predicate)
    return score;
  return hideUnless(b, *predicate, score, {extra[0], head, query, key}, extra.drop_front(kNumPositionValues + numCaptured));
}

SmallVector<Value> attn::getHookValues(const PositionValues &positions, const ScoreTreatment &scores,
                                       llvm::function_ref<Value(Value)> lookup) {
  MapOp map = scores.map;
  RestrictOp restrict = scores.restrict;
  bool hasPredicate = restrict && restrict.getSegment().getPredicate();
  if (!map && !hasPredicate)
    return {};
  SmallVector<Value> values = positions.toVector();
  if (map)
    for (Value value : LaneRegion::getCaptured(map.getBody()))
      values.push_back(lookup(value));
  if (hasPredicate)
    for (Value number : restrict.getNumbers())
      values.push_back(lookup(number));
  return values;
}
