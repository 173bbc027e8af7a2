//===- AttrSyntax.h - custom pieces of attribute syntax ---------*- C++ -*-===//
//
// Parsers and printers that the generated attribute classes call; included by AttnAttrs.cpp alone.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_DIALECT_ATTRSYNTAX_H
#define ATTN_DIALECT_ATTRSYNTAX_H

#include "dialect/AttnAttrs.h"

namespace mlir::attn {

/// A number of a mask: an integer constant or the name of a run-time number.
ParseResult parseNumber(AsmParser &parser, Attribute &number);
void printNumber(AsmPrinter &printer, Attribute number);

/// The sides of a window: `left = N` and `right = N` in this order, one of which may be left out.
ParseResult parseWindowSides(AsmParser &parser, Attribute &left, Attribute &right);
void printWindowSides(AsmPrinter &printer, Attribute left, Attribute right);

/// A bracketed list of masks.
ParseResult parseMasks(AsmParser &parser, SmallVector<MaskAttrInterface> &masks);
void printMasks(AsmPrinter &printer, ArrayRef<MaskAttrInterface> masks);

} // namespace mlir::attn

#endif // ATTN_DIALECT_ATTRSYNTAX_H
