//===- AttnScheduleOps.cpp - rules of the schedule phase ------------------===//

#include "dialect/AttnOps.h"

using namespace mlir;
using namespace mlir::attn;

ParseResult ForPanelsOp::parse(OpAsmParser &parser, OperationState &result) {
  OpAsmParser::Argument panel, state;
  OpAsmParser::UnresolvedOperand rows, rowTile, initial;
  Type viewType, stateType, index = parser.getBuilder().getIndexType();
  if (parser.parseArgument(panel) || parser.parseKeyword("of") || parser.parseOperand(rows) || parser.parseLSquare() ||
      parser.parseOperand(rowTile) || parser.parseRSquare() || parser.parseKeyword("state") || parser.parseLParen() ||
      parser.parseArgument(state) || parser.parseEqual() || parser.parseOperand(initial) || parser.parseRParen() ||
      parser.parseColonType(viewType) || parser.parseComma() || parser.parseType(stateType) || parser.parseArrow() ||
      parser.parseType(state.type))
    return failure();
  panel.type = index;
  if (parser.resolveOperand(rows, viewType, result.operands) || parser.resolveOperand(rowTile, index, result.operands) ||
      parser.resolveOperand(initial, stateType, result.operands))
    return failure();
  result.addTypes(stateType);
  return failure(parser.parseRegion(*result.addRegion(), {panel, state}) || parser.parseOptionalAttrDict(result.attributes));
}

void ForPanelsOp::print(OpAsmPrinter &printer) {
  printer << " " << getBody().getArgument(0) << " of " << getRows() << "[" << getRowTile() << "] state(" << getBody().getArgument(1) << " = "
          << getInitial() << ") : " << getRows().getType() << ", " << getInitial().getType() << " -> " << getBody().getArgument(1).getType()
          << " ";
  printer.printRegion(getBody(), /*printEntryBlockArgs=*/false);
  printer.printOptionalAttrDict((*this)->getAttrs());
}

LogicalResult ForPanelsOp::verify() {
  Block &body = getBody().front();
  if (body.getNumArguments() != 2 || !body.getArgument(0).getType().isIndex() || !isa<StateType>(body.getArgument(1).getType()))
    return emitOpError("expected a body over (panel: index, state)");
  if (getInitial().getType().getRows() % getPanelRows() != 0)
    return emitOpError("expected the panel's rows to divide the tile's, but got ") << getPanelRows() << " and " << getInitial().getType().getRows();
  auto yield = dyn_cast<YieldOp>(body.back());
  if (!yield || yield.getNumOperands() != 1 || yield.getOperand(0).getType() != body.getArgument(1).getType())
    return emitOpError("expected the body to yield its panel's state");
  return success();
}
