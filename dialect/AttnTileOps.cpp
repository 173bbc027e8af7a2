//===- AttnTileOps.cpp - rules of the tile phase --------------------------===//

#include "dialect/AttnOps.h"

using namespace mlir;
using namespace mlir::attn;

LogicalResult WorkspaceOp::verify() {
  auto type = cast<MemRefType>(getMemory().getType());
  if (size_t(type.getNumDynamicDims()) != getSizes().size())
    return emitOpError("expected a size for each dynamic dimension, but got ") << getSizes().size() << " sizes for " << type;
  if (!type.getLayout().isIdentity())
    return emitOpError("expected an identity layout, but got ") << type;
  return success();
}

//===----------------------------------------------------------------------===//
// ParallelOp
//===----------------------------------------------------------------------===//

ParseResult ParallelOp::parse(OpAsmParser &parser, OperationState &result) {
  StringAttr name;
  SmallVector<OpAsmParser::Argument> indices;
  SmallVector<OpAsmParser::UnresolvedOperand> counts, condition, section;
  Type index = parser.getBuilder().getIndexType();
  if (parser.parseAttribute(name, "name", result.attributes) ||
      parser.parseArgumentList(indices, OpAsmParser::Delimiter::Paren) || parser.parseEqual() ||
      parser.parseOperandList(counts, OpAsmParser::Delimiter::Paren) || parser.resolveOperands(counts, index, result.operands))
    return failure();
  if (succeeded(parser.parseOptionalKeyword("if"))) {
    if (parser.parseOperand(condition.emplace_back()) ||
        parser.resolveOperands(condition, parser.getBuilder().getI1Type(), result.operands))
      return failure();
  }
  if (succeeded(parser.parseOptionalKeyword("order"))) {
    StringRef keyword;
    SMLoc loc = parser.getCurrentLocation();
    if (parser.parseEqual() || parser.parseKeyword(&keyword))
      return failure();
    std::optional<TaskOrder> order = symbolizeTaskOrder(keyword);
    if (!order)
      return parser.emitError(loc, "expected order 'any' or 'longest_first', but got '") << keyword << "'";
    result.addAttribute("order", TaskOrderAttr::get(parser.getContext(), *order));
  }
  if (succeeded(parser.parseOptionalKeyword("sections"))) {
    if (parser.parseLParen() || parser.parseOperand(section.emplace_back()) || parser.parseRParen() ||
        parser.resolveOperands(section, index, result.operands))
      return failure();
  }
  for (OpAsmParser::Argument &argument : indices)
    argument.type = index;
  result.addAttribute("operandSegmentSizes", parser.getBuilder().getDenseI32ArrayAttr(
                                                 {int32_t(counts.size()), int32_t(condition.size()), int32_t(section.size())}));
  Region *body = result.addRegion();
  if (parser.parseRegion(*body, indices) || parser.parseOptionalAttrDict(result.attributes))
    return failure();
  ensureTerminator(*body, parser.getBuilder(), result.location);
  return success();
}

void ParallelOp::print(OpAsmPrinter &printer) {
  printer << " " << getNameAttr() << " (";
  printer.printOperands(getBody().getArguments());
  printer << ") = (" << getCounts() << ")";
  if (getCondition())
    printer << " if " << getCondition();
  if (getOrder() != TaskOrder::Any)
    printer << " order = " << stringifyTaskOrder(getOrder());
  if (getSection())
    printer << " sections(" << getSection() << ")";
  printer << " ";
  printer.printRegion(getBody(), /*printEntryBlockArgs=*/false, /*printBlockTerminators=*/false);
  printer.printOptionalAttrDict((*this)->getAttrs(), {"name", "order", "operandSegmentSizes"});
}

LogicalResult ParallelOp::verify() {
  if (getBody().getNumArguments() != getCounts().size())
    return emitOpError("expected an index for each count, but got ") << getBody().getNumArguments() << " and " << getCounts().size();
  return success();
}

//===----------------------------------------------------------------------===//
// ForKeysOp
//===----------------------------------------------------------------------===//

ParseResult ForKeysOp::parse(OpAsmParser &parser, OperationState &result) {
  OpAsmParser::Argument tile, state;
  OpAsmParser::UnresolvedOperand lower, upper, initial;
  Type index = parser.getBuilder().getIndexType();
  if (parser.parseArgument(tile) || parser.parseEqual() || parser.parseOperand(lower) || parser.parseKeyword("to") ||
      parser.parseOperand(upper) || parser.parseKeyword("state") || parser.parseLParen() || parser.parseArgument(state) ||
      parser.parseEqual() || parser.parseOperand(initial) || parser.parseRParen() || parser.parseColonType(state.type))
    return failure();
  tile.type = index;
  if (parser.resolveOperand(lower, index, result.operands) || parser.resolveOperand(upper, index, result.operands) ||
      parser.resolveOperand(initial, state.type, result.operands))
    return failure();
  result.addTypes(state.type);
  return failure(parser.parseRegion(*result.addRegion(), {tile, state}) || parser.parseOptionalAttrDict(result.attributes));
}

void ForKeysOp::print(OpAsmPrinter &printer) {
  printer << " " << getBody().getArgument(0) << " = " << getLower() << " to " << getUpper() << " state(" << getBody().getArgument(1) << " = "
          << getInitial() << ") : " << getInitial().getType() << " ";
  printer.printRegion(getBody(), /*printEntryBlockArgs=*/false);
  printer.printOptionalAttrDict((*this)->getAttrs());
}

LogicalResult ForKeysOp::verify() {
  Block &body = getBody().front();
  if (body.getNumArguments() != 2 || !body.getArgument(0).getType().isIndex() || body.getArgument(1).getType() != getInitial().getType())
    return emitOpError("expected a body over (key tile: index, state: ") << getInitial().getType() << ")";
  auto yield = dyn_cast<YieldOp>(body.back());
  if (!yield || yield.getNumOperands() != 1 || yield.getOperand(0).getType() != getInitial().getType())
    return emitOpError("expected the body to yield its state");
  return success();
}

//===----------------------------------------------------------------------===//
// Tile operations
//===----------------------------------------------------------------------===//

LogicalResult LoadOp::verify() {
  ViewType view = getView().getType();
  TileType tile = getResult().getType();
  if (tile.getSize(view.getRowName()) < 1 || tile.getElementType() != view.getElementType())
    return emitOpError("expected a tile over '") << view.getRowName().getValue() << "' of " << view.getElementType() << ", but got " << tile;
  if (view.getFeatureName() && tile.getSize(view.getFeatureName()) != view.getFeatures())
    return emitOpError("expected the tile to hold all ") << view.getFeatures() << " features, but got " << tile;
  return success();
}

LogicalResult ContractOp::verify() {
  int64_t lhs = getLhs().getType().getSize(getOver()), rhs = getRhs().getType().getSize(getOver());
  if (lhs < 0 || lhs != rhs)
    return emitOpError("expected both tiles to have dimension '") << getOver() << "' with one size, but got " << getLhs().getType() << " and " << getRhs().getType();
  if (getResult().getType().getSize(getOver()) >= 0)
    return emitOpError("expected the sum over '") << getOver() << "' to remove it, but got " << getResult().getType();
  if (getInit() && getInit().getType() != getResult().getType())
    return emitOpError("expected the sum to start from a tile of its own type ") << getResult().getType() << ", but got " << getInit().getType();
  return success();
}

void StepOp::build(OpBuilder &builder, OperationState &state, Value oldState, Value scores, Value exponent, Type weightType) {
  auto scoreType = cast<TileType>(scores.getType());
  MLIRContext *context = builder.getContext();
  auto weights = TileType::get(context, scoreType.getNames(), scoreType.getSizes(), weightType);
  auto rows = builder.getStringAttr("i");
  auto rescale = TileType::get(context, {rows}, {scoreType.getSize("i")}, builder.getF32Type());
  build(builder, state, {oldState.getType(), weights, rescale}, {oldState, scores, exponent});
}

LogicalResult StepOp::verify() {
  if (getScores().getType().getSize("i") != getState().getType().getRows())
    return emitOpError("expected a row of scores for each row of the state, but got ") << getScores().getType() << " for " << getState().getType();
  return success();
}
