//===- ArgumentText.cpp - arguments in words ------------------------------===//

#include "tools/attn-compile/ArgumentText.h"
#include "mlir/IR/TypeUtilities.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace mlir::attn;

std::string attn::getDtypeName(Type type) {
  type = getElementTypeOrSelf(type);
  if (!isa<FloatType>(type))
    return type.isInteger(32) ? "i32" : "i64";
  std::string name;
  llvm::raw_string_ostream(name) << type;
  return name;
}

std::string attn::describeExtent(Extent extent, const ShapeSymbols &shapes) {
  return extent.isStatic() ? std::to_string(extent.size) : shapes.names[extent.symbol];
}

static SmallVector<std::string> describeExtents(ArrayRef<Extent> extents, const ShapeSymbols &shapes) {
  return llvm::map_to_vector(extents, [&](Extent extent) { return describeExtent(extent, shapes); });
}

std::string attn::describeShape(ArrayRef<Extent> extents, const ShapeSymbols &shapes) {
  return "[" + llvm::join(describeExtents(extents, shapes), ", ") + "]";
}

std::string attn::describeRule(const Parameter &parameter, const ShapeSymbols &shapes) {
  if (!parameter.valueBounds.empty())
    return "each from 0 to " + llvm::join(describeExtents(parameter.valueBounds, shapes), " and ");
  switch (parameter.rule) {
  case ValueRule::Any:
    return "";
  case ValueRule::Positive:
    return "above zero";
  case ValueRule::NotNegative:
    return "not below zero";
  }
  llvm_unreachable("every rule is handled");
}

StringRef attn::describeMeaning(StringRef name) {
  return llvm::StringSwitch<StringRef>(name.rtrim("0123456789"))
      .Case("q", "queries")
      .Case("k", "keys")
      .Case("v", "values")
      .Case("lengths", "how many keys of each batch entry count")
      .Case("offset", "absolute position of query row 0")
      .Case("scale", "factor of the scores")
      .Case("o", "output")
      .Case("lse", "natural logarithm of the sum of exp(score) of each row")
      .Case("row_max", "largest score of each row")
      .Default("");
}

StringRef attn::describeSymbol(StringRef name) {
  return llvm::StringSwitch<StringRef>(name.rtrim("0123456789"))
      .Case("B", "batch entries")
      .Case("Tq", "query rows")
      .Case("Tk", "keys")
      .Default("elements");
}
