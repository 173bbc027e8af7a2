//===- Literal.h - atoms of the set analysis --------------------*- C++ -*-===//
//
// A literal is one inequality or one congruence on (b, h, i, j). Constraints of a mask are brought into forms that are as
// linear in the key as they can be: `j floordiv n >= e` becomes j >= n * e, `j mod n == c` becomes a congruence, which later
// becomes a strided view.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_PASSES_ANALYSIS_LITERAL_H
#define ATTN_PASSES_ANALYSIS_LITERAL_H

#include "dialect/MaskFormula.h"
#include "passes/analysis/LinearForm.h"

#include <vector>

namespace mlir::attn {

/// form >= 0, form == 0 (mod modulus), or form != 0 (mod modulus).
struct Literal {
  enum class Kind { AtLeastZero, Congruent, Incongruent };

  Kind kind;
  LinearForm form;
  int64_t modulus = 0; // of the congruences

  static Literal atLeastZero(LinearForm form) { return {Kind::AtLeastZero, std::move(form), 0}; }
  static Literal congruent(LinearForm form, int64_t modulus) { return {Kind::Congruent, std::move(form), modulus}; }
  static Literal incongruent(LinearForm form, int64_t modulus) { return {Kind::Incongruent, std::move(form), modulus}; }

  bool operator==(const Literal &other) const { return kind == other.kind && modulus == other.modulus && form == other.form; }
  bool isCongruence() const { return kind != Kind::AtLeastZero; }
  Literal negated() const;
  Literal replace(ArrayRef<AffineExpr> dims, ArrayRef<AffineExpr> symbols = {}) const {
    return {kind, form.replace(dims, symbols), modulus};
  }
  MaskFormula toFormula() const;
};

/// All literals hold.
using Conjunct = std::vector<Literal>;
/// One of the conjuncts holds: none is false, an empty conjunct is true.
using Disjunction = std::vector<Conjunct>;

enum class Truth { False, True, Open };

/// Rewrites `literal` into its canonical form, linear in `key` where that is possible without loss, or decides it.
Truth simplify(Literal &literal, AffineExpr key);

/// The constraint `form >= 0` or `form == 0`, or its negation, as literals that are simplified for `key`.
Disjunction getLiterals(const LinearForm &form, bool equality, bool negated, AffineExpr key);

/// The first floor term at the top level of `form` that involves `variable`; null if there is none.
AffineExpr getFirstFloorOf(const LinearForm &form, AffineExpr variable);

/// factor * (argument mod modulus) + rest, where rest does not involve the key.
struct ResidueTerm {
  int64_t factor;
  LinearForm argument;
  int64_t modulus;
  LinearForm rest;
};

/// Reads `form` as a residue term of `key`; none if it is no such term.
std::optional<ResidueTerm> matchResidue(const LinearForm &form, AffineExpr key);

/// The residues [first, last] of the argument for which `residue` is at least zero; only where its rest is constant. Empty:
/// first > last.
std::optional<std::pair<int64_t, int64_t>> getResidueRange(const ResidueTerm &residue);

} // namespace mlir::attn

#endif // ATTN_PASSES_ANALYSIS_LITERAL_H
