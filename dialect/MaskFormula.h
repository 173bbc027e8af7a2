//===- MaskFormula.h - what a mask states -----------------------*- C++ -*-===//
//
// A mask states which (b, h, i, j) are visible as a boolean formula over affine constraints. The formula is a plain value: the
// interpreter evaluates it point by point, the set analysis (passes/analysis) turns it into segments.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_DIALECT_MASKFORMULA_H
#define ATTN_DIALECT_MASKFORMULA_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallVector.h"
#include "mlir/IR/AffineExpr.h"

#include <vector>

namespace mlir::attn {

/// Dimensions of every mask formula: batch, query head, absolute query position, key position.
enum class MaskDim : unsigned { Batch = 0, Head = 1, Query = 2, Key = 3 };
constexpr unsigned kNumMaskDims = 4;

/// Symbols of every mask formula: the tensors' lengths come first, then the numbers that the description binds by name.
enum class MaskSymbol : unsigned { QueryLength = 0, KeyLength = 1, FirstBound = 2 };

/// A boolean formula over affine constraints on MaskDim dimensions and MaskSymbol symbols.
class MaskFormula {
public:
  enum class Kind { Constraint, And, Or, Not };

  /// `expr >= 0`.
  static MaskFormula atLeastZero(AffineExpr expr);
  /// `expr == 0`.
  static MaskFormula isZero(AffineExpr expr);
  /// All of `children` hold; true if there are none.
  static MaskFormula allOf(ArrayRef<MaskFormula> children);
  /// One of `children` holds; false if there are none.
  static MaskFormula anyOf(ArrayRef<MaskFormula> children);
  static MaskFormula negationOf(MaskFormula child);

  Kind getKind() const { return kind; }
  ArrayRef<MaskFormula> getChildren() const { return children; }
  /// The constraint's expression; only for Kind::Constraint.
  AffineExpr getExpr() const { return expr; }
  /// Whether the constraint is an equality; only for Kind::Constraint.
  bool isEquality() const { return equality; }

  /// The formula with every dimension and symbol replaced, for example to exchange queries and keys.
  MaskFormula replace(ArrayRef<AffineExpr> dims, ArrayRef<AffineExpr> symbols) const;

private:
  explicit MaskFormula(Kind kind) : kind(kind) {}

  Kind kind;
  AffineExpr expr;
  bool equality = false;
  std::vector<MaskFormula> children;
};

} // namespace mlir::attn

#endif // ATTN_DIALECT_MASKFORMULA_H
