//===- EmptyRows.cpp - rows that see nothing, for symbolic sizes ----------===//

#include "passes/analysis/EmptyRows.h"
#include "passes/analysis/Elimination.h"
#include "passes/analysis/Feasibility.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/STLFunctionalExtras.h"

using namespace mlir;
using namespace mlir::attn;

static constexpr int64_t kMaxWitness = int64_t(1) << 14;

namespace {
/// Literals are over (b, h, i) and the mask's symbols; over (b, h, i, y) while the key y of a view is being removed.
class EmptyRowFinder {
public:
  EmptyRowFinder(unsigned numSymbols, const EmptyRowQuery &query, MLIRContext *context, Deadline deadline)
      : context(context), deadline(deadline) {
    for (unsigned position = 0; position < 3; ++position)
      variables.push_back(getAffineDimExpr(position, context));
    for (unsigned position = 0; position < numSymbols; ++position)
      variables.push_back(getAffineSymbolExpr(position, context));
    LinearForm head = LinearForm::of(variables[1]), position = LinearForm::of(variables[2]);
    LinearForm queryLength = getSymbol(MaskSymbol::QueryLength), keyLength = getSymbol(MaskSymbol::KeyLength);
    domain = {LinearForm::of(variables[0]), head, queryLength - 1, keyLength - 1};
    if (query.offsetFromLengths) {
      domain.push_back(position - keyLength + queryLength);
      domain.push_back(keyLength - 1 - position);
    } else {
      domain.push_back(position);
    }
    if (query.numHeads)
      domain.push_back(head * -1 + (*query.numHeads - 1));
    for (auto [symbol, range] : llvm::zip(ArrayRef<AffineExpr>(variables).drop_front(3), query.symbols)) {
      if (range.first)
        domain.push_back(LinearForm::of(symbol) - *range.first);
      if (range.last)
        domain.push_back(LinearForm::of(symbol) * -1 + *range.last);
    }
  }

  void addSegment(const Segment &segment, int64_t rowStride) {
    std::vector<Literal> &ways = waysToHide.emplace_back();
    isCertain &= !segment.predicate;
    for (const LinearForm &visible : getVisibility(segment, rowStride)) {
      Literal hidden = Literal::atLeastZero(visible).negated();
      if (hidden.form.isValid())
        ways.push_back(std::move(hidden));
      else
        isCertain = false;
    }
  }

  EmptyRowAnswer find() const {
    EmptyRowAnswer answer;
    // Small numbers first: they make the better witness.
    for (int64_t limit : {int64_t(8), int64_t(128), kMaxWitness}) {
      SmallVector<LinearForm> bounded(domain);
      for (AffineExpr variable : variables) {
        bounded.push_back(LinearForm::of(variable) + limit);
        bounded.push_back(LinearForm::of(variable) * -1 + limit);
      }
      Feasibility feasibility(bounded, deadline);
      auto findPoint = [&](ArrayRef<Literal> literals) {
        if (std::optional<SmallVector<int64_t>> point = feasibility.findPoint(literals, variables))
          answer.witness = EmptyRow{(*point)[0], (*point)[1], (*point)[2], SmallVector<int64_t>(llvm::drop_begin(*point, 3))};
        return answer.witness.has_value();
      };
      if (search(feasibility, findPoint))
        return answer;
    }
    answer.isCertain = isCertain && !deadline.hasPassed();
    return answer;
  }

private:
  /// Chooses, segment by segment, one way to hide it, and calls `visit` on the choices that rational numbers satisfy until it
  /// returns true.
  bool search(const Feasibility &feasibility, llvm::function_ref<bool(ArrayRef<Literal>)> visit) const {
    Conjunct chosen;
    return searchFrom(0, chosen, feasibility, visit);
  }

  bool searchFrom(size_t index, Conjunct &chosen, const Feasibility &feasibility,
                  llvm::function_ref<bool(ArrayRef<Literal>)> visit) const {
    if (deadline.hasPassed() || feasibility.isEmpty(chosen))
      return false;
    if (index == waysToHide.size())
      return visit(chosen);
    for (const Literal &way : waysToHide[index]) {
      chosen.push_back(way);
      if (searchFrom(index + 1, chosen, feasibility, visit))
        return true;
      chosen.pop_back();
    }
    return false;
  }

  LinearForm getSymbol(MaskSymbol symbol) const {
    return LinearForm::of(getAffineSymbolExpr(static_cast<unsigned>(symbol), context));
  }

  /// Forms that are all at least zero exactly if the row sees some key within the segment's bounds.
  SmallVector<LinearForm> getVisibility(const Segment &segment, int64_t rowStride) const {
    // x and R are functions of the row's position.
    AffineExpr position = variables[2], key = getAffineDimExpr(3, context);
    AffineExpr dims[] = {variables[0], variables[1], position.floorDiv(rowStride)};
    SmallVector<AffineExpr> symbols(llvm::drop_begin(variables, 3));
    symbols.push_back(position % rowStride);
    auto convert = [&](AffineExpr expr) { return LinearForm::of(expr.replaceDimsAndSymbols(dims, symbols)); };
    LinearForm keyForm = LinearForm::of(key);
    SmallVector<LinearForm> result, lower = {keyForm}, upper;
    upper.push_back(getSymbol(MaskSymbol::KeyLength) - 1 - keyForm * segment.keyStride - convert(segment.keyPhase));
    for (AffineExpr bound : segment.lower)
      lower.push_back(keyForm - convert(bound));
    for (AffineExpr bound : segment.upper)
      upper.push_back(convert(bound) - 1 - keyForm);
    for (AffineExpr condition : segment.conditions)
      result.push_back(convert(condition));
    bool exact = true;
    for (const LinearForm &a : lower)
      for (const LinearForm &b : upper)
        result.push_back(combineBounds(a, b, key, /*linearIn=*/nullptr, exact));
    return result;
  }

  MLIRContext *context;
  Deadline deadline;
  SmallVector<AffineExpr> variables; // b, h, i, the mask's symbols
  SmallVector<LinearForm> domain;
  std::vector<std::vector<Literal>> waysToHide; // for each segment
  bool isCertain = true;
};
} // namespace

EmptyRowAnswer mlir::attn::findEmptyRow(ArrayRef<Segmentation> parts, const EmptyRowQuery &query, unsigned numSymbols,
                                        MLIRContext *context, std::chrono::milliseconds budget) {
  EmptyRowFinder finder(numSymbols, query, context, Deadline(budget));
  for (const Segmentation &part : parts)
    for (const Segment &segment : part.segments)
      finder.addSegment(segment, part.rowStride);
  return finder.find();
}
