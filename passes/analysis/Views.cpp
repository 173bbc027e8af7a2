//===- Views.cpp - from conjunctions to segments --------------------------===//

#include "passes/analysis/Views.h"
#include "passes/analysis/Residues.h"

#include "llvm/ADT/STLExtras.h"

#include <numeric>
#include <string>

using namespace mlir;
using namespace mlir::attn;

static constexpr int64_t kMaxRowStride = 4096;
static constexpr int64_t kMaxKeyStride = int64_t(1) << 20;

static AffineExpr getRow(MLIRContext *context) { return getAffineDimExpr(static_cast<unsigned>(MaskDim::Query), context); }
static AffineExpr getKey(MLIRContext *context) { return getAffineDimExpr(static_cast<unsigned>(MaskDim::Key), context); }

//===----------------------------------------------------------------------===//
// Query views
//===----------------------------------------------------------------------===//

/// A step of the row after which `form` has the same value modulo `modulus`; zero if it exceeds the limit.
static int64_t getPeriod(const LinearForm &form, int64_t modulus, AffineExpr row) {
  int64_t result = 1;
  for (const auto &[term, coefficient] : form.getTerms()) {
    int64_t reduced = modulus / std::gcd(coefficient, modulus), period = 1;
    if (term == row)
      period = reduced;
    else if (std::optional<FloorTerm> floor = getFloorTerm(term); floor && floor->numerator.involves(row))
      // floor((M + n * r) / n) = floor(M / n) + r.
      period = floor->divisor > kMaxRowStride || reduced > kMaxRowStride
                   ? 0
                   : getPeriod(floor->numerator, floor->divisor * reduced, row);
    if (period == 0 || period > kMaxRowStride)
      return 0;
    result = std::lcm(result, period);
    if (result > kMaxRowStride)
      return 0;
  }
  return result;
}

static bool relatesRowAndKey(const Literal &literal) {
  MLIRContext *context = literal.form.getContext();
  return literal.kind == Literal::Kind::Congruent && literal.form.involves(getRow(context)) &&
         literal.form.getCoefficient(getKey(context)) != 0 && !getFirstFloorOf(literal.form, getKey(context));
}

int64_t mlir::attn::getRowStride(const Conjunct &piece) {
  int64_t result = 1;
  for (const Literal &literal : piece) {
    if (!relatesRowAndKey(literal))
      continue;
    int64_t period = getPeriod(literal.form, literal.modulus, getRow(literal.form.getContext()));
    if (period == 0)
      return 0;
    result = std::lcm(result, period);
    if (result > kMaxRowStride)
      return 0;
  }
  return result;
}

bool mlir::attn::isIndifferentToRowStride(const Conjunct &piece) {
  bool hasFixedEnd = false;
  for (const Literal &literal : piece) {
    AffineExpr key = getKey(literal.form.getContext()), row = getRow(literal.form.getContext());
    hasFixedEnd |= !literal.isCongruence() && literal.form.getCoefficient(key) < 0 && !literal.form.involves(row);
  }
  return hasFixedEnd;
}

//===----------------------------------------------------------------------===//
// Key views
//===----------------------------------------------------------------------===//

namespace {
/// A literal in the coordinates of the view, and the literal of the mask that it came from.
struct TrackedLiteral {
  Literal current, original;
};

/// A piece on its way to a segment: j = stride * y + phase, i = rowStride * x + R, literals over (b, h, x, y).
struct PartialView {
  int64_t stride = 1;
  LinearForm phase;
  AffineExpr phaseExpr;
  std::vector<TrackedLiteral> literals;
  std::vector<Literal> predicates;
};

class ViewBuilder {
public:
  ViewBuilder(int64_t rowStride, unsigned numSymbols, const SegmentDomain &domain, const Deadline &deadline,
              MLIRContext *context, Segmentation &result)
      : context(context), rowStride(rowStride), residue(getAffineSymbolExpr(numSymbols, context)), row(getRow(context)),
        key(getKey(context)), domain(domain), deadline(deadline), result(result) {}

  void build(const Conjunct &piece) {
    PartialView view{1, LinearForm(context), getAffineConstantExpr(0, context), {}, {}};
    AffineExpr query = rowStride == 1 ? row : row * rowStride + residue;
    AffineExpr dims[] = {getAffineDimExpr(0, context), getAffineDimExpr(1, context), query, key};
    for (const Literal &literal : piece)
      if (!addLiteral(view, {literal.replace(dims), literal}))
        return;
    solve(std::move(view));
  }

private:
  /// False if the literal is false.
  bool addLiteral(PartialView &view, TrackedLiteral literal) {
    Truth truth = simplify(literal.current, key);
    if (truth == Truth::Open)
      view.literals.push_back(std::move(literal));
    return truth != Truth::False;
  }

  bool isSolvable(const Literal &literal) const {
    return literal.kind == Literal::Kind::Congruent && literal.form.isValid() && literal.form.getCoefficient(key) != 0 &&
           !getFirstFloorOf(literal.form, key) && !literal.form.involves(row);
  }

  /// Turns congruences into strides one after the other, until none is left that can be.
  void solve(PartialView view) {
    for (size_t index = 0; index < view.literals.size(); ++index) {
      TrackedLiteral literal = view.literals[index];
      if (isSolvable(literal.current)) {
        PartialView next = view;
        next.literals.erase(next.literals.begin() + index);
        Solution solution = applyCongruence(next, literal);
        if (solution == Solution::View)
          solve(std::move(next));
        if (solution != Solution::OutOfReach)
          return;
      } else if (literal.current.kind == Literal::Kind::Incongruent && needsResidues(literal.current, key) &&
                 !literal.current.form.involves(row)) {
        std::optional<Disjunction> classes = splitByResidue(literal.current, key);
        if (!classes)
          continue;
        for (Conjunct &residueClass : *classes) {
          PartialView next = view;
          next.literals.erase(next.literals.begin() + index);
          for (Literal &part : residueClass)
            next.literals.push_back({part, literal.original});
          solve(std::move(next));
        }
        return;
      }
    }
    finish(view);
  }

  enum class Solution { View, NoKeys, OutOfReach };

  /// a * y + rest == 0 (mod n) becomes y = n' * z + phase in `view`.
  Solution applyCongruence(PartialView &view, const TrackedLiteral &literal) {
    int64_t modulus = literal.current.modulus, coefficient = literal.current.form.getCoefficient(key);
    LinearForm rest = literal.current.form - LinearForm::of(key) * coefficient;
    int64_t common = std::gcd(coefficient, modulus);
    if (common > 1) {
      // The rest has to be divisible, which is a condition on the row.
      if (!addLiteral(view, {Literal::congruent(rest, common), literal.original}))
        return Solution::NoKeys;
      rest = rest.floorDiv(common);
      modulus /= common;
    }
    if (modulus > kMaxKeyStride || view.stride * modulus > kMaxKeyStride)
      return Solution::OutOfReach;
    int64_t inverse = invertModulo(coefficient / common, modulus);
    LinearForm solution = rest.reducedModulo(modulus, -inverse);
    if (!solution.isValid())
      return Solution::OutOfReach;
    // A residue of the query view that is already small enough needs no reduction.
    bool isReduced = solution == LinearForm::of(residue) && rowStride <= modulus;
    LinearForm phase = isReduced ? solution : solution.mod(modulus);
    AffineExpr phaseExpr = isReduced ? residue : solution.toAffine() % modulus;
    view.phase = view.phase + phase * view.stride;
    view.phaseExpr = view.phaseExpr + phaseExpr * view.stride;
    view.stride *= modulus;
    if (!view.phase.isValid())
      return Solution::OutOfReach;
    AffineExpr dims[] = {getAffineDimExpr(0, context), getAffineDimExpr(1, context), row, key * modulus + phase.toAffine()};
    std::vector<TrackedLiteral> literals = std::move(view.literals);
    view.literals.clear();
    for (TrackedLiteral &other : literals) {
      Literal replaced = other.current.replace(dims);
      if (!replaced.form.isValid())
        return Solution::OutOfReach;
      if (!addLiteral(view, {std::move(replaced), other.original}))
        return Solution::NoKeys;
    }
    return Solution::View;
  }

  void finish(PartialView &view) {
    Segment segment;
    segment.keyStride = view.stride;
    segment.keyPhase = view.phaseExpr;
    Conjunct bounds;
    for (TrackedLiteral &literal : view.literals)
      addToSegment(literal, view, bounds, segment);
    if (isEmpty(view, bounds))
      return;
    for (const Literal &literal : bounds)
      addBound(literal.form, segment);
    SmallVector<MaskFormula> tests;
    for (const Literal &literal : view.predicates)
      tests.push_back(literal.toFormula());
    if (!tests.empty())
      segment.predicate = tests.size() == 1 ? tests.front() : MaskFormula::allOf(tests);
    result.segments.push_back(std::move(segment));
  }

  /// Sorts the literal into inequalities and predicates.
  void addToSegment(const TrackedLiteral &literal, PartialView &view, Conjunct &bounds, Segment &segment) {
    const Literal &current = literal.current;
    if (!current.form.isValid()) {
      addPredicate(view, literal.original);
    } else if (current.isCongruence()) {
      if (current.form.involves(key))
        addPredicate(view, literal.original);
      else if (current.kind == Literal::Kind::Congruent)
        segment.conditions.push_back((current.form.mod(current.modulus) * -1).toAffine());
      else
        segment.conditions.push_back((current.form.mod(current.modulus) - 1).toAffine());
    } else if (getFirstFloorOf(current.form, key)) {
      addPredicate(view, literal.original);
      LinearForm relaxed = relax(current.form, key);
      if (relaxed.isValid() && !relaxed.isConstant())
        bounds.push_back(Literal::atLeastZero(relaxed));
    } else {
      bounds.push_back(current);
    }
  }

  void addPredicate(PartialView &view, const Literal &original) {
    if (!llvm::is_contained(view.predicates, original))
      view.predicates.push_back(original);
    if (!result.remark.empty())
      return;
    std::string constraint =
        original.isCongruence() ? "a constraint modulo " + std::to_string(original.modulus) : "a constraint";
    bool relatesRows = original.isCongruence() && original.form.involves(row);
    result.remark = constraint + (relatesRows ? " relates queries and keys, but the mask as a whole has no query view for it"
                                              : " is neither an interval of keys nor a few residue classes");
    result.remark += ": it is tested for every element";
  }

  void addBound(const LinearForm &form, Segment &segment) {
    int64_t coefficient = form.getCoefficient(key);
    LinearForm rest = form - LinearForm::of(key) * coefficient;
    if (coefficient == 0)
      segment.conditions.push_back(form.toAffine());
    else if (coefficient > 0)
      segment.lower.push_back((rest * -1).ceilDiv(coefficient).toAffine());
    else
      segment.upper.push_back((rest.floorDiv(-coefficient) + 1).toAffine());
  }

  /// Whether no key of the view is visible, which the strides may have brought to light.
  bool isEmpty(const PartialView &view, const Conjunct &bounds) const {
    LinearForm position = LinearForm::of(key), residueForm = LinearForm::of(residue), one(context, 1);
    LinearForm keyLength = LinearForm::of(getAffineSymbolExpr(static_cast<unsigned>(domain.keyLength), context));
    SmallVector<LinearForm> forms = {position,
                                     keyLength - position * view.stride - view.phase - 1,
                                     view.phase,
                                     residueForm,
                                     residueForm * -1 + (rowStride - 1),
                                     LinearForm::dim(context, 0),
                                     LinearForm::dim(context, 1)};
    if (domain.rowLength)
      forms.push_back(LinearForm::of(row));
    llvm::erase_if(forms, [](const LinearForm &form) { return !form.isValid(); });
    return Feasibility(forms, deadline).isEmpty(bounds);
  }

  MLIRContext *context;
  int64_t rowStride;
  AffineExpr residue, row, key;
  SegmentDomain domain;
  Deadline deadline;
  Segmentation &result;
};
} // namespace

void mlir::attn::appendSegments(const Conjunct &piece, int64_t rowStride, unsigned numSymbols, const SegmentDomain &domain,
                                const Deadline &deadline, MLIRContext *context, Segmentation &result) {
  ViewBuilder(rowStride, numSymbols, domain, deadline, context, result).build(piece);
}
