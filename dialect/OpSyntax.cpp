//===- OpSyntax.cpp - custom pieces of operation syntax -------------------===//

#include "dialect/OpSyntax.h"

using namespace mlir;
using namespace mlir::attn;

ParseResult attn::parseScale(OpAsmParser &parser, FloatAttr &scale, std::optional<UnresolvedOperand> &scaleValue) {
  if (failed(parser.parseOptionalKeyword("scale")))
    return success();
  if (succeeded(parser.parseOptionalLParen())) {
    scaleValue.emplace();
    return failure(parser.parseOperand(*scaleValue) || parser.parseRParen());
  }
  double value;
  if (parser.parseEqual() || parser.parseFloat(value))
    return failure();
  scale = parser.getBuilder().getF64FloatAttr(value);
  return success();
}

void attn::printScale(OpAsmPrinter &printer, Operation *, FloatAttr scale, Value scaleValue) {
  if (scaleValue)
    printer << "scale(" << scaleValue << ")";
  else if (scale) {
    printer << "scale = ";
    printer.printAttributeWithoutType(scale);
  }
}

ParseResult attn::parseSymbolBindings(OpAsmParser &parser, ArrayAttr &names, SmallVectorImpl<UnresolvedOperand> &values) {
  if (failed(parser.parseOptionalKeyword("symbols")))
    return success();
  SmallVector<Attribute> parsed;
  auto parseBinding = [&]() -> ParseResult {
    StringRef name;
    if (parser.parseKeyword(&name) || parser.parseEqual() || parser.parseOperand(values.emplace_back()))
      return failure();
    parsed.push_back(parser.getBuilder().getStringAttr(name));
    // The type may be said, as it is for other operands; it can only be index.
    if (failed(parser.parseOptionalColon()))
      return success();
    Type type;
    SMLoc loc = parser.getCurrentLocation();
    if (parser.parseType(type))
      return failure();
    if (!type.isIndex())
      return parser.emitError(loc, "expected symbol '") << name << "' to have type index, but got " << type;
    return success();
  };
  if (parser.parseCommaSeparatedList(OpAsmParser::Delimiter::Paren, parseBinding))
    return failure();
  names = parser.getBuilder().getArrayAttr(parsed);
  return success();
}

void attn::printSymbolBindings(OpAsmPrinter &printer, Operation *, ArrayAttr names, OperandRange values) {
  if (values.empty())
    return;
  printer << "symbols(";
  llvm::interleaveComma(llvm::zip(names.getAsRange<StringAttr>(), values), printer, [&](auto binding) {
    printer.printKeywordOrString(std::get<0>(binding).getValue());
    printer << " = " << std::get<1>(binding);
  });
  printer << ")";
}

ParseResult attn::parseResultTypes(OpAsmParser &parser, Type &output, Type &lse, Type &rowMax) {
  if (parser.parseType(output))
    return failure();
  while (succeeded(parser.parseOptionalComma())) {
    StringRef name;
    SMLoc loc = parser.getCurrentLocation();
    if (failed(parser.parseOptionalKeyword(&name, {"lse", "row_max"})))
      return parser.emitError(loc, "expected a further result 'lse : type' or 'row_max : type'");
    Type &type = name == "lse" ? lse : rowMax;
    if (type)
      return parser.emitError(loc, "expected result '") << name << "' once, but got it twice";
    if (parser.parseColonType(type))
      return failure();
  }
  return success();
}

void attn::printResultTypes(OpAsmPrinter &printer, Operation *, Type output, Type lse, Type rowMax) {
  printer << output;
  if (lse)
    printer << ", lse : " << lse;
  if (rowMax)
    printer << ", row_max : " << rowMax;
}
