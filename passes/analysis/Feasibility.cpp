//===- Feasibility.cpp - emptiness of conjunctions ------------------------===//

#include "passes/analysis/Feasibility.h"

#include "mlir/Analysis/Presburger/Simplex.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/STLExtras.h"

#include <numeric>
#include <tuple>

using namespace mlir;
using namespace mlir::attn;
using llvm::DynamicAPInt;

/// Whether two congruences exclude each other for a reason that their forms show.
static bool exclude(const Literal &a, const Literal &b) {
  if (a.kind == Literal::Kind::Incongruent)
    return b.kind == Literal::Kind::Congruent && exclude(b, a);
  int64_t common = b.kind == Literal::Kind::Congruent ? std::gcd(a.modulus, b.modulus) : b.modulus;
  if (common == 1 || a.modulus % common != 0)
    return false;
  LinearForm difference = (a.form - b.form).reducedModulo(common);
  if (!difference.isValid() || !difference.isConstant())
    return false;
  return (difference.getConstant() == 0) == (b.kind == Literal::Kind::Incongruent);
}

namespace {
/// The inequalities of a conjunction over numbered columns.
class Columns {
public:
  void addInequality(const LinearForm &form) {
    std::vector<std::pair<unsigned, int64_t>> row;
    for (const LinearForm::Term &term : form.getTerms())
      row.push_back({getColumn(term.first), term.second});
    rows.push_back({std::move(row), form.getConstant()});
  }

  bool hasNoRationalSolution() const {
    presburger::Simplex simplex(count);
    return !fill(simplex);
  }

  /// An integer solution, by column; the solutions have to be bounded.
  std::optional<SmallVector<DynamicAPInt, 8>> findIntegerSolution() const {
    presburger::Simplex simplex(count);
    if (!fill(simplex))
      return std::nullopt;
    return simplex.findIntegerSample();
  }

  unsigned getColumn(AffineExpr term) {
    auto [entry, isNew] = columns.try_emplace(term, count);
    unsigned column = entry->second;
    if (!isNew)
      return column;
    ++count;
    if (std::optional<FloorTerm> floor = getFloorTerm(term)) {
      // 0 <= numerator - divisor * q <= divisor - 1.
      LinearForm remainder = floor->numerator - LinearForm::of(term) * floor->divisor;
      if (remainder.isValid()) {
        addInequality(remainder);
        addInequality(remainder * -1 + (floor->divisor - 1));
      }
    }
    return column;
  }

private:
  /// False as soon as there is no rational solution.
  bool fill(presburger::Simplex &simplex) const {
    SmallVector<DynamicAPInt, 16> coefficients(count + 1);
    for (const auto &[row, constant] : rows) {
      llvm::fill(coefficients, DynamicAPInt(0));
      for (auto [column, value] : row)
        coefficients[column] = DynamicAPInt(value);
      coefficients[count] = DynamicAPInt(constant);
      simplex.addInequality(coefficients);
      if (simplex.isEmpty())
        return false;
    }
    return true;
  }

  unsigned count = 0;
  llvm::DenseMap<AffineExpr, unsigned> columns;
  std::vector<std::pair<std::vector<std::pair<unsigned, int64_t>>, int64_t>> rows;
};
} // namespace

bool Feasibility::isEmpty(ArrayRef<Literal> literals) const {
  for (size_t i = 0; i < literals.size(); ++i)
    for (size_t k = i + 1; k < literals.size(); ++k)
      if (literals[i].isCongruence() && literals[k].isCongruence() && exclude(literals[i], literals[k]))
        return true;
  if (deadline.hasPassed())
    return false;
  Columns columns;
  for (const Literal &literal : literals)
    if (!literal.isCongruence() && literal.form.isValid())
      columns.addInequality(literal.form.tightened());
  for (const LinearForm &form : domain)
    columns.addInequality(form);
  return columns.hasNoRationalSolution();
}

std::optional<SmallVector<int64_t>> Feasibility::findPoint(ArrayRef<Literal> literals, ArrayRef<AffineExpr> variables) const {
  Columns columns;
  for (const Literal &literal : literals)
    columns.addInequality(literal.form.tightened());
  for (const LinearForm &form : domain)
    columns.addInequality(form);
  SmallVector<unsigned> positions;
  for (AffineExpr variable : variables)
    positions.push_back(columns.getColumn(variable));
  auto solution = columns.findIntegerSolution();
  if (!solution)
    return std::nullopt;
  SmallVector<int64_t> result;
  for (unsigned position : positions)
    result.push_back(int64_t((*solution)[position]));
  return result;
}

bool Feasibility::implies(ArrayRef<Literal> literals, const Literal &literal) const {
  if (llvm::is_contained(literals, literal))
    return true;
  for (const Literal &other : literals)
    if (!literal.isCongruence() && !other.isCongruence() && literal.form.hasSameTerms(other.form) &&
        other.form.getConstant() <= literal.form.getConstant())
      return true;
  Conjunct negation(literals.begin(), literals.end());
  negation.push_back(literal.negated());
  return isEmpty(negation);
}

void Feasibility::removeRedundant(Conjunct &conjunct) const {
  std::vector<size_t> order(conjunct.size());
  std::iota(order.begin(), order.end(), 0);
  auto complexity = [&](size_t index) {
    const LinearForm &form = conjunct[index].form;
    size_t floors =
        llvm::count_if(form.getTerms(), [](const LinearForm::Term &term) { return isa<AffineBinaryOpExpr>(term.first); });
    return std::make_tuple(floors, form.getTerms().size(), conjunct.size() - index);
  };
  llvm::sort(order, [&](size_t a, size_t b) { return complexity(a) > complexity(b); });
  std::vector<bool> dropped(conjunct.size(), false);
  for (size_t candidate : order) {
    Conjunct others;
    for (size_t i = 0; i < conjunct.size(); ++i)
      if (i != candidate && !dropped[i])
        others.push_back(conjunct[i]);
    dropped[candidate] = implies(others, conjunct[candidate]);
  }
  Conjunct kept;
  for (size_t i = 0; i < conjunct.size(); ++i)
    if (!dropped[i])
      kept.push_back(std::move(conjunct[i]));
  conjunct = std::move(kept);
}
