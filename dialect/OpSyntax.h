//===- OpSyntax.h - custom pieces of operation syntax -----------*- C++ -*-===//
//
// Parsers and printers that the generated operation classes call; included by AttnOps.cpp alone.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_DIALECT_OPSYNTAX_H
#define ATTN_DIALECT_OPSYNTAX_H

#include "dialect/AttnOps.h"

namespace mlir::attn {

/// The output's type, then `lse : type` and `row_max : type` where they are asked for.
ParseResult parseResultTypes(OpAsmParser &parser, Type &output, Type &lse, Type &rowMax);
void printResultTypes(OpAsmPrinter &printer, Operation *op, Type output, Type lse, Type rowMax);

} // namespace mlir::attn

#endif // ATTN_DIALECT_OPSYNTAX_H
