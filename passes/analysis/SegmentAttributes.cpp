//===- SegmentAttributes.cpp - segments as attributes ---------------------===//

#include "passes/analysis/SegmentAttributes.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace mlir::attn;

/// Names of the symbols of a predicate that is kept as a set: `Tq`, `Tk`, and numbers by their place.
static SmallVector<StringAttr> nameSymbols(unsigned count, MLIRContext *context) {
  SmallVector<StringAttr> names = {StringAttr::get(context, "Tq"), StringAttr::get(context, "Tk")};
  for (unsigned n = unsigned(MaskSymbol::FirstBound); n < count; ++n)
    names.push_back(StringAttr::get(context, "n" + std::to_string(n - unsigned(MaskSymbol::FirstBound))));
  return names;
}

/// The expression with the names of the header instead of d0, s0, ...
static std::string printWithNames(AffineExpr expr, ArrayRef<StringRef> dims, ArrayRef<StringAttr> symbols) {
  std::string raw, named;
  llvm::raw_string_ostream(raw) << expr;
  for (size_t at = 0; at < raw.size();) {
    size_t end = at + 1;
    while (end < raw.size() && isalnum(raw[end]))
      ++end;
    StringRef token = StringRef(raw).slice(at, isalnum(raw[at]) ? end : at + 1);
    unsigned index;
    if ((token[0] == 'd' || token[0] == 's') && !token.drop_front().getAsInteger(10, index))
      named += token[0] == 'd' ? dims[index] : symbols[index].getValue();
    else
      named += token;
    at += token.size();
  }
  return named;
}

/// A constraint as a set attribute over all symbols of the mask.
static MaskAttrInterface createSet(AffineExpr expr, bool equality, unsigned numSymbols) {
  MLIRContext *context = expr.getContext();
  SmallVector<StringAttr> names = nameSymbols(numSymbols, context);
  std::string text;
  llvm::raw_string_ostream os(text);
  os << "(b, h, i, j)[";
  llvm::interleaveComma(names, os, [&](StringAttr name) { os << name.getValue(); });
  os << "] : (" << printWithNames(expr, {"b", "h", "i", "j"}, names) << (equality ? " == 0)" : " >= 0)");
  IntegerSet set = IntegerSet::get(kNumMaskDims, numSymbols, {expr}, {equality});
  return cast<MaskAttrInterface>(Attribute(SetAttr::get(context, StringAttr::get(context, text), names, set)));
}

static MaskAttrInterface createMask(const MaskFormula &formula, unsigned numSymbols, MLIRContext *context) {
  if (formula.getKind() != MaskFormula::Kind::Constraint && formula.getChildren().empty())
    return createSet(getAffineConstantExpr(formula.getKind() == MaskFormula::Kind::And ? 0 : -1, context), /*equality=*/false, numSymbols);
  auto children = llvm::map_to_vector(formula.getChildren(),
                                      [&](const MaskFormula &child) { return createMask(child, numSymbols, context); });
  switch (formula.getKind()) {
  case MaskFormula::Kind::Constraint:
    return createSet(formula.getExpr(), formula.isEquality(), numSymbols);
  case MaskFormula::Kind::And:
    return cast<MaskAttrInterface>(Attribute(AllOfAttr::get(context, children)));
  case MaskFormula::Kind::Or:
    return cast<MaskAttrInterface>(Attribute(AnyOfAttr::get(context, children)));
  case MaskFormula::Kind::Not:
    return cast<MaskAttrInterface>(Attribute(NotAttr::get(context, children.front())));
  }
  llvm_unreachable("every kind is handled");
}

/// A segment's maps are over (batch, head, row) and the mask's symbols and the residue.
static SegmentAttr createSegment(const Segment &segment, unsigned numSymbols, MLIRContext *context) {
  auto map = [&](ArrayRef<AffineExpr> results) { return AffineMap::get(3, numSymbols + 1, results, context); };
  AffineMap phase = segment.keyStride > 1 ? map(segment.keyPhase) : AffineMap();
  AffineMap when = segment.conditions.empty() ? AffineMap() : map(segment.conditions);
  MaskAttrInterface predicate = segment.predicate ? createMask(*segment.predicate, numSymbols, context) : MaskAttrInterface();
  return SegmentAttr::get(context, segment.keyStride, phase, map(segment.lower), map(segment.upper), when, predicate);
}

MaskSegments attn::computeMaskSegments(AttentionOp op, std::chrono::milliseconds budget) {
  MLIRContext *context = op.getContext();
  unsigned numSymbols = unsigned(MaskSymbol::FirstBound) + op.getSymbolValues().size();
  std::optional<MaskFormula> formula = op.getMaskFormula();
  Segmentation segmentation = computeSegments(formula ? *formula : MaskFormula::allOf({}), numSymbols, context, budget);
  auto segments = llvm::map_to_vector(segmentation.segments,
                                      [&](const Segment &segment) { return createSegment(segment, numSymbols, context); });
  return {SegmentationAttr::get(context, segmentation.rowStride, segments), segmentation.remark};
}

Segment attn::getSegment(SegmentAttr attribute) {
  MLIRContext *context = attribute.getContext();
  Segment segment;
  segment.keyStride = attribute.getStride();
  segment.keyPhase = attribute.getPhase() ? attribute.getPhase().getResult(0) : getAffineConstantExpr(0, context);
  segment.lower = llvm::to_vector(attribute.getLower().getResults());
  segment.upper = llvm::to_vector(attribute.getUpper().getResults());
  if (attribute.getWhen())
    segment.conditions = llvm::to_vector(attribute.getWhen().getResults());
  if (attribute.getPredicate()) {
    SmallVector<StringAttr> names = nameSymbols(attribute.getLower().getNumSymbols() - 1, context);
    segment.predicate = attribute.getPredicate().getFormula(MaskBuilder(context, ArrayRef(names).drop_front(2)));
  }
  return segment;
}
