//===- AttnTypes.cpp - types of the attn dialect --------------------------===//

#include "dialect/AttnTypes.h"
#include "dialect/AttnDialect.h"
#include "llvm/ADT/TypeSwitch.h"
#include "mlir/IR/DialectImplementation.h"

using namespace mlir;
using namespace mlir::attn;

//===----------------------------------------------------------------------===//
// Syntax
//===----------------------------------------------------------------------===//

static ParseResult parseShape(AsmParser &parser, SmallVector<int64_t> &shape) {
  return parser.parseDimensionList(shape, /*allowDynamic=*/true, /*withTrailingX=*/false);
}

static void printShape(AsmPrinter &printer, ArrayRef<int64_t> shape) { printer.printDimensionList(shape); }

/// `name` or `name: size`; a missing size is left alone.
static ParseResult parseNamedSize(AsmParser &parser, StringAttr &name, int64_t *size) {
  StringRef keyword;
  if (parser.parseKeyword(&keyword))
    return failure();
  name = parser.getBuilder().getStringAttr(keyword);
  if (!size)
    return success();
  return failure(parser.parseColon() || parser.parseInteger(*size));
}

static ParseResult parseNamedSizes(AsmParser &parser, SmallVector<StringAttr> &names, SmallVector<int64_t> &sizes) {
  return parser.parseCommaSeparatedList(AsmParser::Delimiter::Square, [&]() -> ParseResult {
    return parseNamedSize(parser, names.emplace_back(), &sizes.emplace_back());
  });
}

static void printNamedSizes(AsmPrinter &printer, ArrayRef<StringAttr> names, ArrayRef<int64_t> sizes) {
  printer << "[";
  llvm::interleaveComma(llvm::zip(names, sizes), printer,
                        [&](auto pair) { printer << std::get<0>(pair).getValue() << ": " << std::get<1>(pair); });
  printer << "]";
}

static ParseResult parseViewDims(AsmParser &parser, StringAttr &rowName, StringAttr &featureName, int64_t &features) {
  if (parser.parseLSquare() || parseNamedSize(parser, rowName, nullptr))
    return failure();
  features = 1;
  if (succeeded(parser.parseOptionalComma()) && parseNamedSize(parser, featureName, &features))
    return failure();
  return parser.parseRSquare();
}

static void printViewDims(AsmPrinter &printer, StringAttr rowName, StringAttr featureName, int64_t features) {
  printer << "[" << rowName.getValue();
  if (featureName)
    printer << ", " << featureName.getValue() << ": " << features;
  printer << "]";
}

//===----------------------------------------------------------------------===//
// Types
//===----------------------------------------------------------------------===//

#define GET_TYPEDEF_CLASSES
#include "dialect/AttnTypes.cpp.inc"

void AttnDialect::registerTypes() {
  addTypes<
#define GET_TYPEDEF_LIST
#include "dialect/AttnTypes.cpp.inc"
      >();
}

LogicalResult TileType::verify(function_ref<InFlightDiagnostic()> emitError, ArrayRef<StringAttr> names, ArrayRef<int64_t> sizes,
                               Type elementType) {
  if (names.size() != sizes.size() || names.empty())
    return emitError() << "expected a size for each named dimension, but got " << names.size() << " names and " << sizes.size() << " sizes";
  for (auto [index, size] : llvm::enumerate(sizes)) {
    if (size < 1)
      return emitError() << "expected a positive size of dimension '" << names[index].getValue() << "', but got " << size;
    if (llvm::is_contained(names.take_front(index), names[index]))
      return emitError() << "expected different names, but got '" << names[index].getValue() << "' twice";
  }
  return success();
}

int64_t TileType::getSize(StringRef name) const {
  for (auto [candidate, size] : llvm::zip(getNames(), getSizes()))
    if (candidate.getValue() == name)
      return size;
  return -1;
}
