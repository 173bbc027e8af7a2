//===- TileBounds.cpp - keys of a tile of rows ----------------------------===//

#include "passes/analysis/TileBounds.h"
#include "passes/analysis/AffineEvaluation.h"
#include "passes/analysis/Elimination.h"
#include "passes/analysis/Feasibility.h"
#include "passes/analysis/Residues.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/MathExtras.h"

#include <algorithm>

using namespace mlir;
using namespace mlir::attn;

// Only to keep a pathological segment from stalling the compiler: what is left undone costs redundant bounds.
static constexpr std::chrono::milliseconds kSimplificationBudget(20);

namespace {
/// Derives the bounds of one segment. Literals are over (b, h, first, last, x, y).
class TileBoundsBuilder {
public:
  TileBoundsBuilder(const Segment &segment, int64_t rowStride, unsigned numSymbols, MLIRContext *context)
      : context(context), first(getAffineDimExpr(2, context)), last(getAffineDimExpr(3, context)),
        row(getAffineDimExpr(4, context)), key(getAffineDimExpr(5, context)), rowStride(rowStride), numSymbols(numSymbols) {
    AffineExpr dims[] = {getAffineDimExpr(0, context), getAffineDimExpr(1, context), row};
    auto add = [&](LinearForm form) { valid &= form.isValid(), constraints.push_back(std::move(form)); };
    auto convert = [&](AffineExpr expr) { return LinearForm::of(expr.replaceDims(dims)); };
    LinearForm keyForm = LinearForm::of(key);
    for (AffineExpr bound : segment.lower)
      add(keyForm - convert(bound));
    for (AffineExpr bound : segment.upper)
      add(convert(bound) - keyForm - 1);
    for (AffineExpr condition : segment.conditions)
      add(convert(condition));
  }

  /// The projection of the constraints on the key: the row is eliminated from first <= x <= last and everything else.
  KeyBounds getHull() {
    KeyBounds hull;
    hull.exact = valid;
    // Without usable constraints, every key.
    if (!valid)
      return hull;
    LinearForm rowForm = LinearForm::of(row);
    SmallVector<LinearForm> lower = {rowForm - LinearForm::of(first)}, upper = {LinearForm::of(last) - rowForm};
    Conjunct result;
    for (const LinearForm &constraint : constraints) {
      Literal literal = Literal::atLeastZero(constraint);
      Truth truth = simplify(literal, row);
      if (truth == Truth::True)
        continue;
      if (truth == Truth::Open && literal.isCongruence() && literal.form.involves(row)) {
        hull.exact = false;
        addNearestRow(literal, result);
        continue;
      }
      LinearForm form = literal.isCongruence() ? constraint : literal.form;
      if (getFirstFloorOf(form, row)) {
        hull.exact = false;
        form = relax(form, row);
      }
      int64_t coefficient = form.getCoefficient(row);
      if (coefficient == 0)
        addToHull(form, hull, result);
      else
        (coefficient > 0 ? lower : upper).push_back(std::move(form));
    }
    for (const LinearForm &a : lower)
      for (const LinearForm &b : upper)
        addToHull(combineBounds(a, b, row, /*linearIn=*/key, hull.exact), hull, result);
    finish(std::move(result), hull);
    return hull;
  }

  /// Each constraint for the row that satisfies it least.
  KeyBounds getInterior() {
    KeyBounds interior;
    interior.exact = valid;
    Conjunct result;
    if (!valid)
      result.push_back(Literal::atLeastZero(LinearForm(context, -1)));
    for (const LinearForm &constraint : constraints) {
      Literal literal = Literal::atLeastZero(getLeastValue(constraint, interior.exact));
      result.push_back(std::move(literal));
    }
    if (llvm::any_of(result, [](const Literal &literal) { return !literal.form.isValid(); })) {
      result = {Literal::atLeastZero(LinearForm(context, -1))};
      interior.exact = false;
    }
    finish(std::move(result), interior);
    return interior;
  }

private:
  /// The row congruence leaves a row in the tile only if the last such row that is at most `last` is at least `first`.
  void addNearestRow(const Literal &literal, Conjunct &result) {
    if (literal.kind != Literal::Kind::Congruent || literal.form.getCoefficient(row) != 1 ||
        getFirstFloorOf(literal.form, row) || literal.form.involves(key))
      return;
    LinearForm rest = literal.form - LinearForm::of(row), lastForm = LinearForm::of(last);
    LinearForm form = lastForm - (lastForm + rest).mod(literal.modulus) - LinearForm::of(first);
    if (form.isValid())
      result.push_back(Literal::atLeastZero(form));
  }

  void addToHull(const LinearForm &form, KeyBounds &hull, Conjunct &result) {
    Literal literal = Literal::atLeastZero(form);
    Truth truth = simplify(literal, key);
    if (truth == Truth::True)
      return;
    if (truth == Truth::False) {
      result.push_back(Literal::atLeastZero(LinearForm(context, -1)));
      return;
    }
    if (literal.isCongruence()) {
      // A hull is an interval: the congruence is dropped, unless it is a condition.
      hull.exact &= !form.involves(key);
      if (!form.involves(key))
        result.push_back(Literal::atLeastZero(form));
      return;
    }
    if (getFirstFloorOf(literal.form, key)) {
      hull.exact = false;
      literal.form = relax(literal.form, key);
    }
    if (!literal.form.isValid())
      hull.exact = false;
    else if (!literal.form.isConstant())
      result.push_back(literal);
  }

  /// A lower bound of `form` over first <= x <= last, the minimum if all its parts are smallest at the same end.
  LinearForm getLeastValue(const LinearForm &form, bool &exact) {
    bool usesFirst = false, usesLast = false;
    LinearForm least = getExtreme(form, /*least=*/true, usesFirst, usesLast);
    if (!usesFirst || !usesLast)
      return least;
    Literal literal = Literal::atLeastZero(form);
    if (simplify(literal, row) == Truth::Open && !literal.isCongruence() && !getFirstFloorOf(literal.form, row) &&
        !getFirstFloorOf(literal.form, key)) {
      usesFirst = usesLast = false;
      return getExtreme(literal.form, /*least=*/true, usesFirst, usesLast);
    }
    exact = false;
    // Over many rows, a residue takes its worst value. A condition is better judged by the ends, which suits few rows.
    if (std::optional<ResidueTerm> residue = matchResidue(form, row); residue && form.involves(key))
      return residue->rest + std::min<int64_t>(0, residue->factor) * (residue->modulus - 1);
    return least;
  }

  LinearForm getExtreme(const LinearForm &form, bool least, bool &usesFirst, bool &usesLast) {
    LinearForm result(context, form.getConstant());
    for (const auto &[term, coefficient] : form.getTerms()) {
      bool leastOfTerm = least == (coefficient > 0);
      LinearForm value = LinearForm::of(term);
      if (term == row) {
        (leastOfTerm ? usesFirst : usesLast) = true;
        value = LinearForm::of(leastOfTerm ? first : last);
      } else if (std::optional<FloorTerm> floor = getFloorTerm(term); floor && floor->numerator.involves(row)) {
        value = getExtreme(floor->numerator, leastOfTerm, usesFirst, usesLast).floorDiv(floor->divisor);
      }
      result = result + value * coefficient;
    }
    return result;
  }

  /// Drops what follows from the rest and sorts the literals into bounds and conditions.
  void finish(Conjunct literals, KeyBounds &bounds) {
    LinearForm residue = LinearForm::of(getAffineSymbolExpr(numSymbols, context));
    SmallVector<LinearForm> domain = {LinearForm::of(last) - LinearForm::of(first),
                                      LinearForm::of(key),
                                      LinearForm::dim(context, 0),
                                      LinearForm::dim(context, 1),
                                      residue,
                                      residue * -1 + (rowStride - 1)};
    for (MaskSymbol length : {MaskSymbol::QueryLength, MaskSymbol::KeyLength})
      domain.push_back(LinearForm::of(getAffineSymbolExpr(static_cast<unsigned>(length), context)));
    Feasibility(domain, Deadline(kSimplificationBudget)).removeRedundant(literals);
    for (const Literal &literal : literals) {
      int64_t coefficient = literal.form.getCoefficient(key);
      LinearForm rest = literal.form - LinearForm::of(key) * coefficient;
      if (coefficient == 0)
        bounds.conditions.push_back(rest.toAffine());
      else if (coefficient > 0)
        bounds.lower.push_back((rest * -1).ceilDiv(coefficient).toAffine());
      else
        bounds.upper.push_back((rest.floorDiv(-coefficient) + 1).toAffine());
    }
  }

  MLIRContext *context;
  AffineExpr first, last, row, key;
  int64_t rowStride;
  unsigned numSymbols;
  SmallVector<LinearForm> constraints;
  bool valid = true;
};
} // namespace

TileBounds mlir::attn::getTileBounds(const Segment &segment, int64_t rowStride, unsigned numSymbols, MLIRContext *context) {
  TileBoundsBuilder builder(segment, rowStride, numSymbols, context);
  TileBounds result;
  result.hull = builder.getHull();
  if (segment.predicate)
    result.hull.exact = false;
  else
    result.interior = builder.getInterior();
  return result;
}

Interval mlir::attn::evaluate(const KeyBounds &bounds, ArrayRef<int64_t> dims, ArrayRef<int64_t> symbols, int64_t extent) {
  Interval result = {0, extent};
  for (AffineExpr condition : bounds.conditions)
    if (evaluate(condition, dims, symbols) < 0)
      return {};
  for (AffineExpr bound : bounds.lower)
    result.begin = std::max(result.begin, evaluate(bound, dims, symbols));
  for (AffineExpr bound : bounds.upper)
    result.end = std::min(result.end, evaluate(bound, dims, symbols));
  return result.isEmpty() ? Interval() : result;
}

KeyTiles mlir::attn::getKeyTiles(const TileBounds &bounds, ArrayRef<int64_t> dims, ArrayRef<int64_t> symbols, int64_t tileSize,
                                 int64_t extent) {
  Interval hull = evaluate(bounds.hull, dims, symbols, extent);
  KeyTiles tiles;
  if (hull.isEmpty())
    return tiles;
  tiles.lo = tiles.guardFreeLo = tiles.guardFreeHi = hull.begin / tileSize;
  tiles.hi = llvm::divideCeil(hull.end, tileSize);
  if (!bounds.interior)
    return tiles;
  Interval interior = evaluate(*bounds.interior, dims, symbols, extent);
  int64_t begin = std::max<int64_t>(llvm::divideCeil(interior.begin, tileSize), tiles.lo);
  int64_t end = std::min(interior.end / tileSize, tiles.hi);
  if (begin < end)
    std::tie(tiles.guardFreeLo, tiles.guardFreeHi) = std::make_pair(begin, end);
  return tiles;
}

int64_t mlir::attn::getKeyExtent(const Segment &segment, int64_t batch, int64_t head, ArrayRef<int64_t> symbols,
                                 int64_t length) {
  int64_t phase = evaluate(segment.keyPhase, {batch, head, 0}, symbols);
  return std::max<int64_t>(0, llvm::divideCeilSigned(length - phase, segment.keyStride));
}

Interval mlir::attn::getViewRows(int64_t rowStride, int64_t residue, int64_t offset, int64_t length) {
  return {llvm::divideCeilSigned(offset - residue, rowStride), llvm::divideCeilSigned(offset + length - residue, rowStride)};
}
