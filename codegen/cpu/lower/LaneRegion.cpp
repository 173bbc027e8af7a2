//===- LaneRegion.cpp - score arithmetic on lanes -------------------------===//

#include "codegen/cpu/lower/LaneRegion.h"
#include "codegen/lower/AffineEmission.h"
#include "dialect/AttnOps.h"
#include "llvm/ADT/SetVector.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace mlir::attn;

//===----------------------------------------------------------------------===//
// What a region is
//===----------------------------------------------------------------------===//

SmallVector<Value> LaneRegion::getCaptured(Region &region) {
  llvm::SetVector<Value> values;
  for (Operation &op : region.front())
    for (Value operand : op.getOperands())
      if (!region.isAncestor(operand.getParentRegion()))
        values.insert(operand);
  return values.takeVector();
}

std::string LaneRegion::getFingerprint(Region &region) {
  llvm::DenseMap<Value, unsigned> numbers;
  std::string text;
  llvm::raw_string_ostream os(text);
  auto print = [&](Value value) { os << numbers.try_emplace(value, numbers.size()).first->second << ":" << value.getType() << ","; };
  for (BlockArgument argument : region.getArguments())
    print(argument);
  for (Operation &op : region.front()) {
    os << op.getName() << "(";
    llvm::for_each(op.getOperands(), print);
    os << ")" << op.getAttrDictionary();
    if (Attribute properties = op.getPropertiesAsAttribute())
      os << properties;
    llvm::for_each(op.getResults(), print);
  }
  return text;
}

LaneRegion::LaneRegion(Region &region, ValueRange arguments) : region(region) {
  for (auto [value, argument] : llvm::zip(getCaptured(region), arguments))
    captured[value] = argument;
  llvm::DenseSet<Value> varying = {region.getArgument(0), region.getArgument(4)};
  for (Operation &op : region.front().without_terminator()) {
    if (llvm::any_of(op.getOperands(), [&](Value operand) { return varying.contains(operand); }))
      varying.insert(op.result_begin(), op.result_end());
    else
      rowOnly.insert(&op);
  }
}

//===----------------------------------------------------------------------===//
// Operations on lanes
//===----------------------------------------------------------------------===//

/// Positions and other indices fit 32 bits, which a vector holds as many of as scores.
static Type getLaneType(Type scalar, unsigned lanes) {
  Type element = scalar.isIndex() ? Type(IntegerType::get(scalar.getContext(), 32)) : scalar;
  return VectorType::get({lanes}, element);
}

static Value spread(ImplicitLocOpBuilder &b, Value value, unsigned lanes) {
  if (isa<VectorType>(value.getType()))
    return value;
  Type type = getLaneType(value.getType(), lanes);
  if (value.getType().isIntOrIndex())
    return spreadInteger(b, value, type);
  return vector::BroadcastOp::create(b, type, value);
}

/// A load at indices that differ from lane to lane, lane by lane.
Value LaneRegion::emitLoad(ImplicitLocOpBuilder &b, Operation &op, ArrayRef<Value> operands, unsigned lanes) {
  auto vectorType = VectorType::get({lanes}, op.getResult(0).getType());
  Value result = arith::ConstantOp::create(b, b.getZeroAttr(vectorType));
  for (unsigned lane = 0; lane < lanes; ++lane) {
    SmallVector<Value> indices;
    for (Value index : operands.drop_front()) {
      if (isa<VectorType>(index.getType()))
        index = arith::IndexCastOp::create(b, b.getIndexType(), vector::ExtractOp::create(b, index, int64_t(lane)));
      indices.push_back(index);
    }
    Value element = memref::LoadOp::create(b, operands.front(), indices);
    result = vector::InsertOp::create(b, element, result, int64_t(lane));
  }
  return result;
}

/// The same operation with vectors as operands and result.
Value LaneRegion::emitElementwise(ImplicitLocOpBuilder &b, Operation &op, ArrayRef<Value> operands, unsigned lanes) {
  SmallVector<Value> vectors = llvm::map_to_vector(operands, [&](Value operand) { return spread(b, operand, lanes); });
  Type type = getLaneType(op.getResult(0).getType(), lanes);
  if (isa<arith::IndexCastOp, arith::IndexCastUIOp>(op))
    return spreadInteger(b, vectors.front(), type);
  OperationState state(b.getLoc(), op.getName(), vectors, type, op.getAttrs());
  state.propertiesAttr = op.getPropertiesAsAttribute();
  return b.create(state)->getResult(0);
}

Value LaneRegion::emitOperation(ImplicitLocOpBuilder &b, Operation &op, const ValueMap &values, unsigned lanes) {
  SmallVector<Value> operands = llvm::map_to_vector(op.getOperands(), [&](Value operand) { return values.lookup(operand); });
  if (llvm::none_of(operands, [](Value operand) { return isa<VectorType>(operand.getType()); })) {
    Operation *scalar = b.clone(op);
    scalar->setOperands(operands);
    return scalar->getResult(0);
  }
  return isa<memref::LoadOp>(op) ? emitLoad(b, op, operands, lanes) : emitElementwise(b, op, operands, lanes);
}

Value LaneRegion::apply(ImplicitLocOpBuilder &b, Value score, const LaneArguments &arguments, unsigned rowLanes) {
  unsigned lanes = cast<VectorType>(score.getType()).getNumElements();
  auto [rows, isNew] = rowValues.try_emplace(rowLanes, captured);
  ValueMap &shared = rows->second;
  if (isNew) {
    shared[region.getArgument(1)] = arguments.batch;
    shared[region.getArgument(2)] = arguments.head;
    shared[region.getArgument(3)] = arguments.query;
    OpBuilder::InsertionGuard guard(b);
    // Behind the values that it is computed from; without any, where the kernel begins.
    Operation *last = nullptr;
    for (Value value : {arguments.batch, arguments.head, arguments.query})
      if (Operation *op = value.getDefiningOp(); op && (!last || last->isBeforeInBlock(op)))
        last = op;
    if (last)
      b.setInsertionPointAfter(last);
    else
      b.setInsertionPointToStart(cast<BlockArgument>(arguments.batch).getOwner());
    for (Operation &op : region.front().without_terminator())
      if (rowOnly.contains(&op))
        shared[op.getResult(0)] = emitOperation(b, op, shared, lanes);
  }
  ValueMap values = shared;
  values[region.getArgument(0)] = score;
  values[region.getArgument(4)] = arguments.key;
  for (Operation &op : region.front().without_terminator())
    if (!rowOnly.contains(&op))
      values[op.getResult(0)] = emitOperation(b, op, values, lanes);
  return spread(b, values.lookup(region.front().getTerminator()->getOperand(0)), lanes);
}
