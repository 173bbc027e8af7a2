//===- OpSyntax.cpp - custom pieces of operation syntax -------------------===//

#include "dialect/OpSyntax.h"

using namespace mlir;
using namespace mlir::attn;

using UnresolvedOperand = OpAsmParser::UnresolvedOperand;

//===----------------------------------------------------------------------===//
// AttentionOp
//===----------------------------------------------------------------------===//

namespace {
/// What stands between the three tensors and the types; `queryType` is set where an attribute was the last clause and its parser has read
/// the colon and the first type.
struct Clauses {
  SmallVector<UnresolvedOperand, 1> scale, lengths, offset;
  SmallVector<UnresolvedOperand> symbols;
  Type lengthsType, offsetType, queryType;
};
} // namespace

/// `mask = #attn...`: parses an attribute that must implement `AttrT`.
template <typename AttrT>
static ParseResult parseAttributeClause(OpAsmParser &parser, OperationState &result, StringRef name, StringRef what, Type &queryType) {
  Attribute attribute;
  if (parser.parseEqual())
    return failure();
  SMLoc loc = parser.getCurrentLocation();
  if (parser.parseAttribute(attribute))
    return failure();
  if (auto withType = dyn_cast<WithTypeAttr>(attribute)) {
    attribute = withType.getAttribute();
    queryType = withType.getType();
  }
  if (!isa<AttrT>(attribute))
    return parser.emitError(loc, "expected a ") << what << ", but got " << attribute;
  result.addAttribute(name, attribute);
  return success();
}

/// `scale = 0.125` or `scale(%s)`.
static ParseResult parseScale(OpAsmParser &parser, OperationState &result, SmallVectorImpl<UnresolvedOperand> &value) {
  if (succeeded(parser.parseOptionalLParen()))
    return failure(parser.parseOperand(value.emplace_back()) || parser.parseRParen());
  double constant;
  if (parser.parseEqual() || parser.parseFloat(constant))
    return failure();
  result.addAttribute("scale", parser.getBuilder().getF64FloatAttr(constant));
  return success();
}

/// `precision = tf32`.
static ParseResult parsePrecision(OpAsmParser &parser, OperationState &result) {
  StringRef keyword;
  if (parser.parseEqual())
    return failure();
  SMLoc loc = parser.getCurrentLocation();
  if (parser.parseKeyword(&keyword))
    return failure();
  std::optional<ProductPrecision> precision = symbolizeProductPrecision(keyword);
  if (!precision)
    return parser.emitError(loc, "expected precision tf32, but got '") << keyword << "'";
  result.addAttribute("precision", ProductPrecisionAttr::get(parser.getContext(), *precision));
  return success();
}

/// `(%x : type)`.
static ParseResult parseTypedOperand(OpAsmParser &parser, SmallVectorImpl<UnresolvedOperand> &operand, Type &type) {
  return failure(parser.parseLParen() || parser.parseOperand(operand.emplace_back()) || parser.parseColonType(type) || parser.parseRParen());
}

/// `(W = %w, P = %p)`; the type may be said, as it is for other operands, but it can only be index.
static ParseResult parseSymbolBindings(OpAsmParser &parser, OperationState &result, SmallVectorImpl<UnresolvedOperand> &values) {
  SmallVector<Attribute> names;
  auto parseBinding = [&]() -> ParseResult {
    StringRef name;
    if (parser.parseKeyword(&name) || parser.parseEqual() || parser.parseOperand(values.emplace_back()))
      return failure();
    names.push_back(parser.getBuilder().getStringAttr(name));
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
  result.addAttribute("symbol_names", parser.getBuilder().getArrayAttr(names));
  return success();
}

static ParseResult parseClause(OpAsmParser &parser, OperationState &result, StringRef keyword, Clauses &clauses, Region &score) {
  if (keyword == "mask")
    return parseAttributeClause<MaskAttrInterface>(parser, result, "mask", "mask", clauses.queryType);
  if (keyword == "normalizer")
    return parseAttributeClause<NormalizerAttrInterface>(parser, result, "normalizer", "normalizer", clauses.queryType);
  if (keyword == "precision")
    return parsePrecision(parser, result);
  if (keyword == "scale")
    return parseScale(parser, result, clauses.scale);
  if (keyword == "lengths")
    return parseTypedOperand(parser, clauses.lengths, clauses.lengthsType);
  if (keyword == "offset")
    return parseTypedOperand(parser, clauses.offset, clauses.offsetType);
  if (keyword == "symbols")
    return parseSymbolBindings(parser, result, clauses.symbols);
  return parser.parseRegion(score);
}

ParseResult AttentionOp::parse(OpAsmParser &parser, OperationState &result) {
  SmallVector<UnresolvedOperand> tensors(3);
  if (parser.parseOperand(tensors[0]) || parser.parseComma() || parser.parseOperand(tensors[1]) || parser.parseComma() ||
      parser.parseOperand(tensors[2]))
    return failure();
  Clauses clauses;
  Region *score = result.addRegion();
  SmallVector<StringRef> seen;
  StringRef keyword;
  SMLoc loc = parser.getCurrentLocation();
  while (!clauses.queryType && succeeded(parser.parseOptionalKeyword(
                                   &keyword, {"mask", "scale", "lengths", "offset", "symbols", "normalizer", "precision", "score"}))) {
    if (llvm::is_contained(seen, keyword))
      return parser.emitError(loc, "expected '") << keyword << "' once, but got it twice";
    seen.push_back(keyword);
    if (parseClause(parser, result, keyword, clauses, *score))
      return failure();
    loc = parser.getCurrentLocation();
  }
  if (!clauses.queryType &&
      (parser.parseOptionalAttrDict(result.attributes) || parser.parseColonType(clauses.queryType)))
    return failure();
  Type key, value, output, lse, rowMax;
  if (parser.parseComma() || parser.parseType(key) || parser.parseComma() || parser.parseType(value) || parser.parseArrow() ||
      parseResultTypes(parser, output, lse, rowMax))
    return failure();
  Builder &builder = parser.getBuilder();
  if (parser.resolveOperands(tensors, {clauses.queryType, key, value}, parser.getNameLoc(), result.operands) ||
      parser.resolveOperands(clauses.scale, builder.getF32Type(), result.operands) ||
      parser.resolveOperands(clauses.lengths, clauses.lengthsType, result.operands) ||
      parser.resolveOperands(clauses.offset, clauses.offsetType, result.operands) ||
      parser.resolveOperands(clauses.symbols, builder.getIndexType(), result.operands))
    return failure();
  auto count = [](auto &range) { return int32_t(range.size()); };
  result.addAttribute("operandSegmentSizes", builder.getDenseI32ArrayAttr({1, 1, 1, count(clauses.scale), count(clauses.lengths),
                                                                           count(clauses.offset), count(clauses.symbols)}));
  result.addAttribute("resultSegmentSizes", builder.getDenseI32ArrayAttr({1, lse ? 1 : 0, rowMax ? 1 : 0}));
  for (Type type : {output, lse, rowMax})
    if (type)
      result.addTypes(type);
  return success();
}

void AttentionOp::print(OpAsmPrinter &printer) {
  printer << " " << getQuery() << ", " << getKey() << ", " << getValue();
  if (getMask())
    printer << " mask = " << *getMask();
  if (getScaleValue())
    printer << " scale(" << getScaleValue() << ")";
  else if (getScale())
    printer << " scale = ", printer.printAttributeWithoutType(getScaleAttr());
  if (getLengths())
    printer << " lengths(" << getLengths() << " : " << getLengths().getType() << ")";
  if (getOffset())
    printer << " offset(" << getOffset() << " : " << getOffset().getType() << ")";
  if (!getSymbolValues().empty()) {
    printer << " symbols(";
    llvm::interleaveComma(llvm::zip(getSymbols(), getSymbolValues()), printer, [&](auto binding) {
      printer.printKeywordOrString(std::get<0>(binding).getValue());
      printer << " = " << std::get<1>(binding);
    });
    printer << ")";
  }
  if (getNormalizer())
    printer << " normalizer = " << *getNormalizer();
  if (getPrecision())
    printer << " precision = " << stringifyProductPrecision(*getPrecision());
  if (!getScore().empty()) {
    printer << " score ";
    printer.printRegion(getScore());
  }
  printer.printOptionalAttrDict((*this)->getAttrs(), {"mask", "scale", "symbol_names", "normalizer", "precision", "operandSegmentSizes", "resultSegmentSizes"});
  printer << " : " << getQuery().getType() << ", " << getKey().getType() << ", " << getValue().getType() << " -> ";
  printResultTypes(printer, *this, getOutput().getType(), getLse() ? getLse().getType() : Type(), getRowMax() ? getRowMax().getType() : Type());
}

//===----------------------------------------------------------------------===//
// Pieces of several operations
//===----------------------------------------------------------------------===//

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
