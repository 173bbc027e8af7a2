//===- MaskSupport.cpp - what mask attributes share -----------------------===//

#include "dialect/MaskSupport.h"
#include "dialect/AttrSyntax.h"
#include "llvm/ADT/STLExtras.h"

using namespace mlir;
using namespace mlir::attn;

//===----------------------------------------------------------------------===//
// Formulas
//===----------------------------------------------------------------------===//

AffineExpr MaskBuilder::number(Attribute number) const {
  if (auto name = dyn_cast<StringAttr>(number))
    return symbol(name);
  return constant(cast<IntegerAttr>(number).getInt());
}

AffineExpr MaskBuilder::symbol(StringAttr name) const {
  const auto *found = llvm::find(symbols, name);
  // An unbound name is refused by the verifier of the operation; before that, any symbol will do.
  return getAffineSymbolExpr(unsigned(MaskSymbol::FirstBound) + std::distance(symbols.begin(), found), context);
}

void attn::collectStringParameters(Attribute mask, SmallVectorImpl<StringAttr> &names) {
  mask.walkImmediateSubElements(
      [&](Attribute parameter) {
        if (auto name = dyn_cast_or_null<StringAttr>(parameter))
          names.push_back(name);
      },
      [](Type) {});
}

SmallVector<MaskFormula> attn::getFormulas(ArrayRef<MaskAttrInterface> masks, const MaskBuilder &m) {
  return llvm::map_to_vector(masks, [&](MaskAttrInterface mask) { return mask.getFormula(m); });
}

static void collectFrom(ArrayRef<MaskAttrInterface> masks, SmallVectorImpl<StringAttr> &names) {
  for (MaskAttrInterface mask : masks)
    mask.collectSymbols(names);
}

void AllOfAttr::collectSymbols(SmallVectorImpl<StringAttr> &names) const { collectFrom(getMasks(), names); }
void AnyOfAttr::collectSymbols(SmallVectorImpl<StringAttr> &names) const { collectFrom(getMasks(), names); }
void NotAttr::collectSymbols(SmallVectorImpl<StringAttr> &names) const { getMask().collectSymbols(names); }

//===----------------------------------------------------------------------===//
// Rules
//===----------------------------------------------------------------------===//

LogicalResult attn::verifyCount(EmitError emitError, StringRef what, Attribute count) {
  auto constant = dyn_cast_or_null<IntegerAttr>(count);
  if (constant && constant.getInt() < 0)
    return emitError() << "expected " << what << " to be at least 0, but got " << constant.getInt();
  return success();
}

LogicalResult attn::verifyStep(EmitError emitError, StringRef what, int64_t step) {
  if (step < 1)
    return emitError() << "expected " << what << " to be a positive constant, but got " << step;
  return success();
}

LogicalResult attn::verifyMasks(EmitError emitError, ArrayRef<MaskAttrInterface> masks) {
  if (masks.empty())
    return emitError() << "expected at least one mask to combine, but got none";
  return success();
}

//===----------------------------------------------------------------------===//
// Syntax
//===----------------------------------------------------------------------===//

ParseResult attn::parseNumber(AsmParser &parser, Attribute &number) {
  int64_t value;
  OptionalParseResult integer = parser.parseOptionalInteger(value);
  if (integer.has_value()) {
    if (failed(*integer))
      return failure();
    number = parser.getBuilder().getIndexAttr(value);
    return success();
  }
  StringRef name;
  SMLoc loc = parser.getCurrentLocation();
  if (failed(parser.parseOptionalKeyword(&name)))
    return parser.emitError(loc, "expected an integer or the name of a run-time number");
  number = parser.getBuilder().getStringAttr(name);
  return success();
}

void attn::printNumber(AsmPrinter &printer, Attribute number) {
  if (auto name = dyn_cast<StringAttr>(number))
    printer.printKeywordOrString(name.getValue());
  else
    printer << cast<IntegerAttr>(number).getInt();
}

ParseResult attn::parseWindowSides(AsmParser &parser, Attribute &left, Attribute &right) {
  do {
    StringRef side;
    SMLoc loc = parser.getCurrentLocation();
    if (failed(parser.parseOptionalKeyword(&side, {"left", "right"})))
      return parser.emitError(loc, "expected 'left = N' or 'right = N'");
    Attribute &number = side == "left" ? left : right;
    if (number)
      return parser.emitError(loc, "expected each side of a window once, but got '") << side << "' twice";
    if (parser.parseEqual() || parseNumber(parser, number))
      return failure();
  } while (succeeded(parser.parseOptionalComma()));
  return success();
}

void attn::printWindowSides(AsmPrinter &printer, Attribute left, Attribute right) {
  if (left) {
    printer << "left = ";
    printNumber(printer, left);
  }
  if (left && right)
    printer << ", ";
  if (right) {
    printer << "right = ";
    printNumber(printer, right);
  }
}

ParseResult attn::parseMasks(AsmParser &parser, SmallVector<MaskAttrInterface> &masks) {
  return parser.parseCommaSeparatedList(AsmParser::Delimiter::Square, [&]() -> ParseResult {
    Attribute attribute;
    SMLoc loc = parser.getCurrentLocation();
    if (parser.parseAttribute(attribute))
      return failure();
    auto mask = dyn_cast<MaskAttrInterface>(attribute);
    if (!mask)
      return parser.emitError(loc, "expected a mask, but got ") << attribute;
    masks.push_back(mask);
    return success();
  });
}

void attn::printMasks(AsmPrinter &printer, ArrayRef<MaskAttrInterface> masks) {
  printer << "[";
  llvm::interleaveComma(masks, printer, [&](MaskAttrInterface mask) { printer << mask; });
  printer << "]";
}
