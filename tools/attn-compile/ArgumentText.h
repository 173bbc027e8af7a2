//===- ArgumentText.h - arguments in words ----------------------*- C++ -*-===//
//
// What headers and manifests say of an argument.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_TOOLS_COMPILE_ARGUMENTTEXT_H
#define ATTN_TOOLS_COMPILE_ARGUMENTTEXT_H

#include "codegen/Signature.h"

namespace mlir::attn {

/// The element type as attn_dtype names it in lower case: "f32", "bf16", ...; index is i64.
std::string getDtypeName(Type type);

/// The symbol's name, or the number.
std::string describeExtent(Extent extent, const ShapeSymbols &shapes);

/// "[B, 4, Tq, 8]".
std::string describeShape(ArrayRef<Extent> extents, const ShapeSymbols &shapes);

/// What the elements of a tensor or a scalar must satisfy, such as "from 0 to Tk" or "above zero"; empty if there is no rule.
std::string describeRule(const Parameter &parameter, const ShapeSymbols &shapes);

/// What an argument of this name means, such as "queries"; empty for names that the description chose.
StringRef describeMeaning(StringRef name);

/// What a symbol of this name counts: "batch entries", ...
StringRef describeSymbol(StringRef name);

} // namespace mlir::attn

#endif // ATTN_TOOLS_COMPILE_ARGUMENTTEXT_H
