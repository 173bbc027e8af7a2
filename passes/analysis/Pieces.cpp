//===- Pieces.cpp - a mask as disjoint conjunctions -----------------------===//

#include "passes/analysis/Pieces.h"
#include "passes/analysis/Coalesce.h"

#include "llvm/ADT/STLExtras.h"

using namespace mlir;
using namespace mlir::attn;

// Far more than any mask in use needs; beyond it a guarded sweep is faster than so many loops.
static constexpr size_t kMaxConjuncts = 48;
static constexpr size_t kMaxLiterals = 64;

static bool isRepresentable(ArrayRef<Literal> literals) {
  return llvm::all_of(literals, [](const Literal &literal) { return literal.form.isValid(); });
}

namespace {
/// Builds the normal form bottom-up, pruning at every product.
class DisjunctionBuilder {
public:
  DisjunctionBuilder(AffineExpr key, const Feasibility &feasibility, std::string &reason)
      : key(key), feasibility(feasibility), reason(reason) {}

  std::optional<Disjunction> build(const MaskFormula &mask, bool negated) {
    switch (mask.getKind()) {
    case MaskFormula::Kind::Constraint:
      return buildConstraint(mask, negated);
    case MaskFormula::Kind::Not:
      return build(mask.getChildren().front(), !negated);
    case MaskFormula::Kind::And:
    case MaskFormula::Kind::Or: {
      bool isProduct = (mask.getKind() == MaskFormula::Kind::And) != negated;
      Disjunction result;
      if (isProduct)
        result.emplace_back();
      for (const MaskFormula &child : mask.getChildren()) {
        std::optional<Disjunction> operand = build(child, negated);
        if (!operand)
          return std::nullopt;
        if (isProduct)
          result = multiply(result, *operand);
        else
          result.insert(result.end(), operand->begin(), operand->end());
        if (!checkLimits(result))
          return std::nullopt;
      }
      return result;
    }
    }
    llvm_unreachable("all kinds are handled");
  }

private:
  std::optional<Disjunction> buildConstraint(const MaskFormula &mask, bool negated) {
    LinearForm form = LinearForm::of(mask.getExpr());
    Disjunction result = getLiterals(form, mask.isEquality(), negated, key);
    if (form.isValid() && llvm::all_of(result, [](const Conjunct &conjunct) { return isRepresentable(conjunct); }))
      return result;
    reason = "a constraint holds numbers that are too large";
    return std::nullopt;
  }

  Disjunction multiply(const Disjunction &lhs, const Disjunction &rhs) {
    Disjunction result;
    for (const Conjunct &a : lhs)
      for (const Conjunct &b : rhs) {
        Conjunct both = a;
        for (const Literal &literal : b)
          if (!llvm::is_contained(both, literal))
            both.push_back(literal);
        if (result.size() > kMaxConjuncts || feasibility.getDeadline().hasPassed())
          return result;
        if (!feasibility.isEmpty(both))
          result.push_back(std::move(both));
      }
    return result;
  }

  bool checkLimits(const Disjunction &result) {
    if (feasibility.getDeadline().hasPassed())
      reason = "the analysis ran out of time";
    else if (result.size() > kMaxConjuncts ||
             llvm::any_of(result, [](const Conjunct &conjunct) { return conjunct.size() > kMaxLiterals; }))
      reason = "the mask has too many parts";
    else
      return true;
    return false;
  }

  AffineExpr key;
  const Feasibility &feasibility;
  std::string &reason;
};
} // namespace

std::optional<Disjunction> mlir::attn::getDisjunction(const MaskFormula &mask, AffineExpr key, const Feasibility &feasibility,
                                                      std::string &reason) {
  std::optional<Disjunction> result = DisjunctionBuilder(key, feasibility, reason).build(mask, /*negated=*/false);
  if (!result)
    return std::nullopt;
  llvm::erase_if(*result, [&](const Conjunct &conjunct) { return feasibility.isEmpty(conjunct); });
  return result;
}

/// The parts of `piece` outside `other`: for its literals c1, c2, ... the parts {not c1}, {c1, not c2}, {c1, c2, not c3}, ...
static void subtract(const Conjunct &piece, const Conjunct &other, const Feasibility &feasibility, Disjunction &result) {
  Conjunct prefix = piece;
  for (const Literal &literal : other) {
    if (feasibility.implies(prefix, literal))
      continue;
    Conjunct outside = prefix;
    outside.push_back(literal.negated());
    if (!feasibility.isEmpty(outside)) {
      feasibility.removeRedundant(outside);
      result.push_back(std::move(outside));
    }
    prefix.push_back(literal);
    if (feasibility.isEmpty(prefix))
      return;
  }
}

/// Windows first: what is subtracted should be free of congruences, because their complements are no views.
static size_t getCost(const Conjunct &conjunct, AffineExpr key) {
  size_t cost = conjunct.size();
  for (const Literal &literal : conjunct)
    cost += literal.isCongruence() ? 100 : getFirstFloorOf(literal.form, key) ? 1000 : 0;
  return cost;
}

static void sortByCost(Disjunction &conjuncts, AffineExpr key) {
  SmallVector<std::pair<size_t, size_t>> order;
  for (size_t i = 0; i < conjuncts.size(); ++i)
    order.push_back({getCost(conjuncts[i], key), i});
  llvm::sort(order);
  Disjunction sorted;
  for (auto [cost, index] : order)
    sorted.push_back(std::move(conjuncts[index]));
  conjuncts = std::move(sorted);
}

std::optional<Disjunction> mlir::attn::getDisjointPieces(Disjunction conjuncts, AffineExpr key, const Feasibility &feasibility,
                                                         std::string &reason) {
  for (Conjunct &conjunct : conjuncts)
    feasibility.removeRedundant(conjunct);
  coalesce(conjuncts, feasibility);
  sortByCost(conjuncts, key);
  Disjunction result;
  for (size_t index = 0; index < conjuncts.size(); ++index) {
    Disjunction pending = {conjuncts[index]};
    for (size_t earlier = 0; earlier < index; ++earlier) {
      Disjunction next;
      for (const Conjunct &piece : pending) {
        // Pieces that do not meet stay whole: subtracting literal by literal would cut them.
        Conjunct both = piece;
        both.insert(both.end(), conjuncts[earlier].begin(), conjuncts[earlier].end());
        if (feasibility.isEmpty(both))
          next.push_back(piece);
        else
          subtract(piece, conjuncts[earlier], feasibility, next);
      }
      pending = std::move(next);
      if (pending.size() > kMaxConjuncts)
        break;
    }
    result.insert(result.end(), pending.begin(), pending.end());
    if (result.size() > kMaxConjuncts) {
      reason = "the mask has too many parts";
      return std::nullopt;
    }
  }
  coalesce(result, feasibility);
  splitRows(result, key, feasibility);
  for (Conjunct &piece : result)
    feasibility.removeRedundant(piece);
  if (feasibility.getDeadline().hasPassed()) {
    reason = "the analysis ran out of time";
    return std::nullopt;
  }
  if (!llvm::all_of(result, [](const Conjunct &piece) { return isRepresentable(piece); })) {
    reason = "a constraint holds numbers that are too large";
    return std::nullopt;
  }
  return result;
}
