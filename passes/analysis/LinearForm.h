//===- LinearForm.h - checked integer linear forms --------------*- C++ -*-===//
//
// The working representation of the set analysis: an integer combination of dimensions, symbols and floor terms, in a canonical
// order, so that two forms are the same exactly when their terms and constants are. AffineExpr computes with silently wrapping
// 64-bit integers; here a number that grows too large makes the form invalid instead, which stays visible in everything
// computed from it.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_PASSES_ANALYSIS_LINEARFORM_H
#define ATTN_PASSES_ANALYSIS_LINEARFORM_H

#include "mlir/IR/AffineExpr.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallVector.h"

#include <optional>
#include <utility>

namespace mlir::attn {

struct FloorTerm;

/// sum of coefficient * term + constant, where a term is a dimension, a symbol, or `numerator floordiv divisor` of such a form.
/// mod and ceildiv are written with floor terms. Operations on forms of one MLIRContext only.
class LinearForm {
public:
  using Term = std::pair<AffineExpr, int64_t>;

  /// The constant `constant`.
  explicit LinearForm(MLIRContext *context, int64_t constant = 0);
  /// The canonical form of `expr`; invalid if `expr` is not affine, divides by something else than a positive constant, or
  /// holds numbers that are too large.
  static LinearForm of(AffineExpr expr);
  static LinearForm dim(MLIRContext *context, unsigned position) { return of(getAffineDimExpr(position, context)); }

  bool isValid() const { return valid; }
  bool isConstant() const { return terms.empty(); }
  MLIRContext *getContext() const { return context; }
  ArrayRef<Term> getTerms() const { return terms; }
  int64_t getConstant() const { return constant; }
  /// The coefficient of a dimension, symbol or floor term; zero where it does not occur at the top level.
  int64_t getCoefficient(AffineExpr term) const;
  /// Whether the value depends on the dimension or symbol `variable`, floor terms included.
  bool involves(AffineExpr variable) const;
  /// The greatest common divisor of all coefficients; zero for a constant.
  int64_t getContent() const;

  LinearForm operator+(const LinearForm &other) const;
  LinearForm operator-(const LinearForm &other) const { return *this + other * -1; }
  LinearForm operator*(int64_t factor) const;
  LinearForm operator+(int64_t offset) const;
  LinearForm operator-(int64_t offset) const { return *this + -offset; }
  /// Rounded towards minus infinity; `divisor` is positive.
  LinearForm floorDiv(int64_t divisor) const;
  LinearForm ceilDiv(int64_t divisor) const { return (*this + (divisor - 1)).floorDiv(divisor); }
  /// The residue in [0, divisor).
  LinearForm mod(int64_t divisor) const { return *this - floorDiv(divisor) * divisor; }
  /// `factor` times the form, every coefficient and the constant reduced into [0, modulus): the same residue class, small
  /// numbers.
  LinearForm reducedModulo(int64_t modulus, int64_t factor = 1) const;
  /// The strongest form with the same integer solutions of `form >= 0` that division by the content gives.
  LinearForm tightened() const;
  /// Every coefficient and the constant divided by `divisor`, which must divide them all.
  LinearForm dividedExactly(int64_t divisor) const;

  /// Dimensions and symbols replaced, inside floor terms too. Lists may be shorter than what the form uses: the rest stays.
  LinearForm replace(ArrayRef<AffineExpr> dims, ArrayRef<AffineExpr> symbols = {}) const;
  AffineExpr toAffine() const;

  bool operator==(const LinearForm &other) const { return terms == other.terms && constant == other.constant; }
  bool hasSameTerms(const LinearForm &other) const { return terms == other.terms; }

private:
  void add(AffineExpr term, int64_t coefficient);
  void addConstant(int64_t value);
  void checkLimits();

  MLIRContext *context;
  SmallVector<Term, 6> terms; // in the order of compareTerms, no zero coefficients
  int64_t constant = 0;
  bool valid = true;
};

/// floor(numerator / divisor), taken from a term of a LinearForm.
struct FloorTerm {
  LinearForm numerator;
  int64_t divisor;
};

/// The parts of a floor term, or none for a dimension or symbol.
std::optional<FloorTerm> getFloorTerm(AffineExpr term);

/// The residue of `value` in [0, modulus).
int64_t positiveResidue(int64_t value, int64_t modulus);

/// The inverse of `value` modulo `modulus`, or zero if it has none (or the modulus is one).
int64_t invertModulo(int64_t value, int64_t modulus);

} // namespace mlir::attn

#endif // ATTN_PASSES_ANALYSIS_LINEARFORM_H
