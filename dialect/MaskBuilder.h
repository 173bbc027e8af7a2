//===- MaskBuilder.h - expressions a mask is written with -------*- C++ -*-===//

#ifndef ATTN_DIALECT_MASKBUILDER_H
#define ATTN_DIALECT_MASKBUILDER_H

#include "dialect/MaskFormula.h"
#include "mlir/IR/BuiltinAttributes.h"

namespace mlir::attn {

/// Offers a mask the dimensions, lengths and numbers its formula is written with. Run-time numbers are known by name; `symbols` gives
/// their order, which is the order of the formula's symbols after the two lengths.
class MaskBuilder {
public:
  MaskBuilder(MLIRContext *context, ArrayRef<StringAttr> symbols) : context(context), symbols(symbols) {}

  MLIRContext *getContext() const { return context; }
  AffineExpr batch() const { return dim(MaskDim::Batch); }
  AffineExpr head() const { return dim(MaskDim::Head); }
  /// Absolute query position.
  AffineExpr query() const { return dim(MaskDim::Query); }
  AffineExpr key() const { return dim(MaskDim::Key); }
  AffineExpr queryLength() const { return getAffineSymbolExpr(unsigned(MaskSymbol::QueryLength), context); }
  AffineExpr keyLength() const { return getAffineSymbolExpr(unsigned(MaskSymbol::KeyLength), context); }
  AffineExpr constant(int64_t value) const { return getAffineConstantExpr(value, context); }
  /// A mask's number: an IntegerAttr is a constant, a StringAttr names a run-time number.
  AffineExpr number(Attribute number) const;
  /// The run-time number of this name, which must be among the symbols.
  AffineExpr symbol(StringAttr name) const;

  /// `lhs >= rhs`, `lhs <= rhs`, `lhs < rhs`, `lhs == rhs`.
  MaskFormula ge(AffineExpr lhs, AffineExpr rhs) const { return MaskFormula::atLeastZero(lhs - rhs); }
  MaskFormula le(AffineExpr lhs, AffineExpr rhs) const { return ge(rhs, lhs); }
  MaskFormula lt(AffineExpr lhs, AffineExpr rhs) const { return MaskFormula::atLeastZero(rhs - lhs - 1); }
  MaskFormula eq(AffineExpr lhs, AffineExpr rhs) const { return MaskFormula::isZero(lhs - rhs); }
  MaskFormula all(ArrayRef<MaskFormula> formulas) const { return MaskFormula::allOf(formulas); }

private:
  AffineExpr dim(MaskDim dim) const { return getAffineDimExpr(unsigned(dim), context); }

  MLIRContext *context;
  ArrayRef<StringAttr> symbols;
};

/// Appends the string parameters of an attribute: the default answer to which run-time numbers a mask mentions.
void collectStringParameters(Attribute mask, SmallVectorImpl<StringAttr> &names);

} // namespace mlir::attn

#endif // ATTN_DIALECT_MASKBUILDER_H
