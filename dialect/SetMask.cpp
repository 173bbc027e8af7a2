//===- SetMask.cpp - masks written as integer sets ------------------------===//
//
// MLIR's set syntax does not parse inside a custom attribute, so the set is quoted text that is handed to MLIR's own parser.
// That parser takes the text as a file of its own; its diagnostics are caught and reported at their place in the description.
//
//===----------------------------------------------------------------------===//

#include "dialect/MaskSupport.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/Parser/Parser.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace mlir::attn;

namespace {
/// Names in the header of a set, `(b, h, i, j)[Tq, Tk, W]`.
struct SetHeader {
  SmallVector<StringRef> dims;
  SmallVector<StringRef> symbols;
};
} // namespace

static SmallVector<StringRef> splitNames(StringRef list) {
  SmallVector<StringRef> names;
  if (list.trim().empty())
    return names;
  list.split(names, ',');
  for (StringRef &name : names)
    name = name.trim();
  return names;
}

/// Reads the names before the colon; the set's own parser has accepted the text already.
static SetHeader readHeader(StringRef text) {
  SetHeader header;
  size_t open = text.find('('), close = text.find(')', open);
  header.dims = splitNames(text.slice(open + 1, close));
  StringRef rest = text.drop_front(close + 1).ltrim();
  if (rest.consume_front("["))
    header.symbols = splitNames(rest.take_front(rest.find(']')));
  return header;
}

/// Parses the text; on failure `message` and the 0-based `column` in the text say what was wrong. MLIR's parser for a set alone
/// prints its diagnostics itself, so the set is parsed as an attribute of an empty module, whose diagnostics can be caught.
static IntegerSet parseSetText(StringRef text, MLIRContext *context, std::string &message, unsigned &column) {
  constexpr StringLiteral prefix = "module attributes {attn.set = affine_set<";
  ScopedDiagnosticHandler handler(context, [&](Diagnostic &diagnostic) {
    if (!message.empty())
      return success();
    message = diagnostic.str();
    if (auto place = diagnostic.getLocation()->findInstanceOf<FileLineColLoc>())
      column = std::min<unsigned>(std::max<int64_t>(int64_t(place.getColumn()) - 1 - int64_t(prefix.size()), 0), text.size());
    return success();
  });
  OwningOpRef<ModuleOp> module = parseSourceString<ModuleOp>((prefix + text + ">} {}").str(), ParserConfig(context));
  auto set = module ? (*module)->getAttrOfType<IntegerSetAttr>("attn.set") : IntegerSetAttr();
  if (!set || (*module)->getDiscardableAttrDictionary().size() != 1)
    return {};
  return set.getValue();
}

/// Where constraint `number` begins in the text, which the set's own parser has accepted.
static size_t findConstraint(StringRef text, unsigned number) {
  size_t place = text.find('(', text.find(':')) + 1;
  for (unsigned n = 0; n < number; ++n)
    place = text.find(',', place) + 1;
  return text.find_first_not_of(" \t\n", place);
}

/// Finds what MLIR's conversion to Presburger would not understand: products of symbols and divisors that are not positive
/// constants. `number` is that of the constraint.
static std::string findNonAffine(IntegerSet set, unsigned &number) {
  std::string problem;
  for (number = 0; number < set.getNumConstraints(); ++number) {
    set.getConstraint(number).walk([&](AffineExpr expr) {
      auto binary = dyn_cast<AffineBinaryOpExpr>(expr);
      if (!binary || !problem.empty())
        return;
      auto constant = dyn_cast<AffineConstantExpr>(binary.getRHS());
      if (expr.getKind() == AffineExprKind::Mul && !constant)
        problem = "expected affine constraints, but got a product of two variables";
      bool divides =
          llvm::is_contained({AffineExprKind::Mod, AffineExprKind::FloorDiv, AffineExprKind::CeilDiv}, expr.getKind());
      if (divides && (!constant || constant.getValue() < 1))
        problem = "expected a positive constant as divisor of mod, floordiv and ceildiv";
    });
    if (!problem.empty())
      break;
  }
  return problem;
}

Attribute SetAttr::parse(AsmParser &parser, Type) {
  std::string text;
  if (parser.parseLess())
    return {};
  SMLoc loc = parser.getCurrentLocation();
  if (parser.parseString(&text) || parser.parseGreater())
    return {};
  MLIRContext *context = parser.getContext();
  std::string message;
  unsigned column = 0;
  IntegerSet set = parseSetText(text, context, message, column);
  // The text begins one character after the quote.
  SMLoc place = SMLoc::getFromPointer(loc.getPointer() + 1 + column);
  if (!set)
    return parser.emitError(place, "in the set: ") << (message.empty() ? "expected an integer set" : StringRef(message)),
           Attribute();
  SetHeader header = readHeader(text);
  if (header.dims.size() != kNumMaskDims)
    return parser.emitError(loc, "expected a set over (batch, head, query, key), but got ")
               << header.dims.size() << " dimensions",
           Attribute();
  unsigned constraint;
  if (std::string problem = findNonAffine(set, constraint); !problem.empty())
    return parser.emitError(SMLoc::getFromPointer(loc.getPointer() + 1 + findConstraint(text, constraint)), "in the set: ")
               << problem,
           Attribute();
  Builder builder(context);
  SmallVector<StringAttr> names =
      llvm::map_to_vector(header.symbols, [&](StringRef name) { return builder.getStringAttr(name); });
  return SetAttr::get(context, builder.getStringAttr(text), names, set);
}

void SetAttr::print(AsmPrinter &printer) const {
  printer << "<";
  printer.printString(getText().getValue());
  printer << ">";
}

void SetAttr::collectSymbols(SmallVectorImpl<StringAttr> &names) const {
  for (StringAttr name : getNames())
    if (name.getValue() != "Tq" && name.getValue() != "Tk")
      names.push_back(name);
}

MaskFormula attn::getSetFormula(SetAttr set, const MaskBuilder &m) {
  SmallVector<AffineExpr> dims = {m.batch(), m.head(), m.query(), m.key()};
  SmallVector<AffineExpr> symbols;
  for (StringAttr name : set.getNames()) {
    if (name.getValue() == "Tq")
      symbols.push_back(m.queryLength());
    else if (name.getValue() == "Tk")
      symbols.push_back(m.keyLength());
    else
      symbols.push_back(m.symbol(name));
  }
  SmallVector<MaskFormula> constraints;
  IntegerSet points = set.getConstraints();
  for (unsigned n = 0, e = points.getNumConstraints(); n < e; ++n) {
    AffineExpr expr = points.getConstraint(n).replaceDimsAndSymbols(dims, symbols);
    constraints.push_back(points.isEq(n) ? MaskFormula::isZero(expr) : MaskFormula::atLeastZero(expr));
  }
  return MaskFormula::allOf(constraints);
}
