//===- AttnAttrs.cpp - attributes of the attn dialect ---------------------===//

#include "dialect/AttnAttrs.h"
#include "dialect/AttnDialect.h"
#include "dialect/AttrSyntax.h"
#include "dialect/MaskSupport.h"
#include "llvm/ADT/TypeSwitch.h"
#include "mlir/IR/DialectImplementation.h"

using namespace mlir;
using namespace mlir::attn;

#include "dialect/AttnEnums.cpp.inc"
#include "dialect/AttnInterfaces.cpp.inc"
#define GET_ATTRDEF_CLASSES
#include "dialect/AttnAttrs.cpp.inc"

void AttnDialect::registerAttributes() {
  addAttributes<
#define GET_ATTRDEF_LIST
#include "dialect/AttnAttrs.cpp.inc"
      >();
}

Attribute AttnDialect::parseAttribute(DialectAsmParser &parser, Type type) const {
  StringRef mnemonic;
  Attribute attribute;
  SMLoc loc = parser.getCurrentLocation();
  OptionalParseResult result = generatedAttributeParser(parser, &mnemonic, type, attribute);
  if (!result.has_value())
    return parser.emitError(loc, "expected an attribute of the attn dialect, but got '") << mnemonic << "'", Attribute();
  if (failed(*result) || !attribute || !type)
    return attribute;
  return WithTypeAttr::get(getContext(), attribute, type);
}

void AttnDialect::printAttribute(Attribute attribute, DialectAsmPrinter &printer) const {
  (void)generatedAttributePrinter(attribute, printer);
}

LogicalResult SegmentAttr::verify(function_ref<InFlightDiagnostic()> emitError, int64_t stride, AffineMap phase, AffineMap lower,
                                  AffineMap upper, AffineMap when, MaskAttrInterface predicate) {
  if (stride < 1)
    return emitError() << "expected a positive stride, but got " << stride;
  if (phase && phase.getNumResults() != 1)
    return emitError() << "expected one phase, but got " << phase.getNumResults();
  for (AffineMap map : {phase, lower, upper, when})
    if (map && (map.getNumDims() != 3 || map.getNumSymbols() != lower.getNumSymbols()))
      return emitError() << "expected maps over (batch, head, row) with the same symbols, but got " << AffineMapAttr::get(map);
  return success();
}
