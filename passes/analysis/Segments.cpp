//===- Segments.cpp - from a mask to intervals of keys --------------------===//

#include "passes/analysis/Segments.h"
#include "passes/analysis/Pieces.h"
#include "passes/analysis/Residues.h"
#include "passes/analysis/Views.h"

#include "llvm/ADT/STLExtras.h"

#include <algorithm>
#include <numeric>

using namespace mlir;
using namespace mlir::attn;

/// A piece whose own query stride is this much finer than the common one still profits from the view: its tiles of rows are
/// spread wider, but it visits only its own keys.
static constexpr int64_t kMaxStrideRatio = 4;

bool attn::dependsOnHead(const Segment &segment) {
  auto seesHead = [](AffineExpr expr) { return expr.isFunctionOfDim(unsigned(SegmentDim::Head)); };
  return (segment.keyPhase && seesHead(segment.keyPhase)) || llvm::any_of(segment.lower, seesHead) || llvm::any_of(segment.upper, seesHead) ||
         llvm::any_of(segment.conditions, seesHead);
}

static AffineExpr getDim(MaskDim dim, MLIRContext *context) { return getAffineDimExpr(static_cast<unsigned>(dim), context); }

static SmallVector<LinearForm> getDomainForms(const SegmentDomain &domain, MLIRContext *context) {
  auto symbol = [&](MaskSymbol which) { return LinearForm::of(getAffineSymbolExpr(static_cast<unsigned>(which), context)); };
  LinearForm key = LinearForm::of(getDim(MaskDim::Key, context));
  SmallVector<LinearForm> forms = {symbol(MaskSymbol::QueryLength),
                                   symbol(MaskSymbol::KeyLength),
                                   LinearForm::of(getDim(MaskDim::Batch, context)),
                                   LinearForm::of(getDim(MaskDim::Head, context)),
                                   key,
                                   symbol(domain.keyLength) - key - 1};
  if (domain.rowLength) {
    LinearForm row = LinearForm::of(getDim(MaskDim::Query, context));
    forms.append({row, symbol(*domain.rowLength) - row - 1});
  }
  return forms;
}

/// The query stride that all pieces can share without visiting more keys than before; one if there is none.
static int64_t getCommonRowStride(const Disjunction &pieces) {
  int64_t common = 1;
  SmallVector<int64_t> strides;
  for (const Conjunct &piece : pieces) {
    int64_t stride = getRowStride(piece);
    if (stride == 0)
      return 1;
    strides.push_back(stride);
    common = std::lcm(common, stride);
  }
  for (auto [piece, stride] : llvm::zip(pieces, strides))
    if (stride == 1 ? !isIndifferentToRowStride(piece) : common / stride > kMaxStrideRatio)
      return 1;
  return common;
}

/// Inequalities that every visible point satisfies; none if there is no visible point.
static std::optional<Conjunct> getCertainBounds(const MaskFormula &mask, bool negated, AffineExpr key) {
  Conjunct result;
  if (mask.getKind() == MaskFormula::Kind::Not)
    return getCertainBounds(mask.getChildren().front(), !negated, key);
  if (mask.getKind() == MaskFormula::Kind::Constraint) {
    LinearForm form = LinearForm::of(mask.getExpr());
    if (!form.isValid())
      return result;
    Disjunction literals = getLiterals(form, mask.isEquality(), negated, key);
    if (literals.empty())
      return std::nullopt;
    if (literals.size() > 1)
      return result;
    for (const Literal &literal : literals.front()) {
      LinearForm relaxed = literal.isCongruence() ? LinearForm(form.getContext()) : relax(literal.form, key);
      if (relaxed.isValid() && !relaxed.isConstant())
        result.push_back(Literal::atLeastZero(relaxed));
    }
    return result;
  }
  if ((mask.getKind() == MaskFormula::Kind::And) == negated)
    return result;
  for (const MaskFormula &child : mask.getChildren()) {
    std::optional<Conjunct> bounds = getCertainBounds(child, negated, key);
    if (!bounds)
      return std::nullopt;
    result.insert(result.end(), bounds->begin(), bounds->end());
  }
  return result;
}

/// The guarded path: everything is tested per element, within the bounds that are certain.
static Segmentation guardWholeMask(const MaskFormula &mask, unsigned numSymbols, const SegmentDomain &domain,
                                   std::string reason, MLIRContext *context) {
  Segmentation result;
  std::optional<Conjunct> bounds = getCertainBounds(mask, /*negated=*/false, getDim(MaskDim::Key, context));
  if (!bounds)
    return result;
  appendSegments(*bounds, /*rowStride=*/1, numSymbols, domain, Deadline(kDefaultAnalysisBudget), context, result);
  for (Segment &segment : result.segments)
    segment.predicate = mask;
  result.remark = std::move(reason) + ": the whole mask is tested for every element";
  return result;
}

/// Disjoint pieces with small moduli split into residue classes; none, with the reason, as in Pieces.h.
static std::optional<Disjunction> getPieces(const MaskFormula &mask, const Feasibility &feasibility, std::string &reason,
                                            MLIRContext *context) {
  AffineExpr key = getDim(MaskDim::Key, context);
  std::optional<Disjunction> conjuncts = getDisjunction(mask, key, feasibility, reason);
  if (!conjuncts)
    return std::nullopt;
  return getDisjointPieces(std::move(*conjuncts), key, feasibility, reason);
}

static Disjunction expandAll(const Disjunction &pieces, bool allowRows, const Feasibility &feasibility, MLIRContext *context) {
  Disjunction result;
  for (const Conjunct &piece : pieces)
    for (Conjunct &part :
         expandResidues(piece, getDim(MaskDim::Key, context), getDim(MaskDim::Query, context), allowRows, feasibility))
      result.push_back(std::move(part));
  return result;
}

Segmentation mlir::attn::computeSegments(const MaskFormula &mask, unsigned numSymbols, MLIRContext *context,
                                         std::chrono::milliseconds budget) {
  return computeSegments(mask, numSymbols, context, budget, SegmentDomain());
}

Segmentation mlir::attn::computeSegments(const MaskFormula &mask, unsigned numSymbols, MLIRContext *context,
                                         std::chrono::milliseconds budget, SegmentDomain domain) {
  Feasibility feasibility(getDomainForms(domain, context), Deadline(budget));
  std::string reason;
  std::optional<Disjunction> pieces = getPieces(mask, feasibility, reason, context);
  if (!pieces)
    return guardWholeMask(mask, numSymbols, domain, std::move(reason), context);

  // With a query view if all pieces share one; else whatever relates queries and keys by a modulus stays a predicate.
  Segmentation result;
  Disjunction expanded = expandAll(*pieces, /*allowRows=*/true, feasibility, context);
  result.rowStride = getCommonRowStride(expanded);
  if (result.rowStride == 1)
    expanded = expandAll(*pieces, /*allowRows=*/false, feasibility, context);
  for (const Conjunct &piece : expanded)
    appendSegments(piece, result.rowStride, numSymbols, domain, feasibility.getDeadline(), context, result);
  return result;
}

std::vector<Segmentation> mlir::attn::computeSegmentsApart(const MaskFormula &mask, unsigned numSymbols, MLIRContext *context,
                                                           std::chrono::milliseconds budget) {
  SegmentDomain domain;
  Feasibility feasibility(getDomainForms(domain, context), Deadline(budget));
  std::string reason;
  std::optional<Disjunction> pieces = getPieces(mask, feasibility, reason, context);
  if (!pieces)
    return {guardWholeMask(mask, numSymbols, domain, std::move(reason), context)};

  std::vector<Segmentation> result;
  for (const Conjunct &piece : expandAll(*pieces, /*allowRows=*/true, feasibility, context)) {
    int64_t rowStride = std::max<int64_t>(1, getRowStride(piece));
    auto part = llvm::find_if(result, [&](const Segmentation &other) { return other.rowStride == rowStride; });
    if (part == result.end()) {
      part = result.emplace(result.end());
      part->rowStride = rowStride;
    }
    appendSegments(piece, rowStride, numSymbols, domain, feasibility.getDeadline(), context, *part);
  }
  return result;
}
