//===- VisiblePairs.cpp - counting visible pairs --------------------------===//

#include "passes/analysis/VisiblePairs.h"
#include "passes/analysis/AffineEvaluation.h"
#include "passes/analysis/LinearForm.h"

#include "llvm/ADT/STLExtras.h"

#include <algorithm>

using namespace mlir;
using namespace mlir::attn;

/// Elements of one segment whose predicate is tested before rows are sampled: about a second.
static constexpr int64_t kMaxTestedElements = int64_t(1) << 23;

namespace {
/// One row of one segment: the visible keys are stride * y + phase for y in the interval, if the predicate holds.
struct RowView {
  Interval interval;
  int64_t stride, phase;
};
} // namespace

static RowView getRowView(const Segment &segment, int64_t rowStride, const RowSet &rows, int64_t query) {
  int64_t residue = positiveResidue(query, rowStride);
  SmallVector<int64_t> symbols(rows.symbols);
  symbols.push_back(residue);
  int64_t dims[] = {rows.batch, rows.head, (query - residue) / rowStride};
  int64_t extent = getKeyExtent(segment, rows.batch, rows.head, symbols, rows.numKeys);
  KeyBounds bounds = {segment.lower, segment.upper, segment.conditions, true};
  return {evaluate(bounds, dims, symbols, extent), segment.keyStride, evaluate(segment.keyPhase, dims, symbols)};
}

Interval mlir::attn::getRowInterval(const Segment &segment, int64_t rowStride, const RowSet &rows, int64_t query) {
  return getRowView(segment, rowStride, rows, query).interval;
}

static bool holds(const Segment &segment, const RowView &view, const RowSet &rows, int64_t query, int64_t y) {
  int64_t dims[] = {rows.batch, rows.head, query, view.stride * y + view.phase};
  return evaluate(*segment.predicate, dims, rows.symbols);
}

static int64_t countRow(const Segment &segment, const RowView &view, const RowSet &rows, int64_t query) {
  int64_t count = 0;
  for (int64_t y = view.interval.begin; y < view.interval.end; ++y)
    count += holds(segment, view, rows, query, y);
  return count;
}

static PairCount countSegment(const Segment &segment, int64_t rowStride, const RowSet &rows) {
  PairCount result;
  for (int64_t row = 0; row < rows.numRows; ++row) {
    Interval interval = getRowInterval(segment, rowStride, rows, row + rows.offset);
    result.pairs += interval.end - interval.begin;
  }
  if (!segment.predicate)
    return result;
  // Every step-th row, an odd step so as not to fall in with the usual moduli.
  int64_t step = result.pairs / kMaxTestedElements * 2 + 1, bounded = 0, visible = 0;
  for (int64_t row = 0; row < rows.numRows; row += step) {
    RowView view = getRowView(segment, rowStride, rows, row + rows.offset);
    bounded += view.interval.end - view.interval.begin;
    visible += countRow(segment, view, rows, row + rows.offset);
  }
  result.exact = step == 1;
  double share = bounded == 0 ? 0 : double(visible) / double(bounded);
  result.pairs = result.exact ? visible : static_cast<int64_t>(share * double(result.pairs));
  return result;
}

PairCount mlir::attn::countVisiblePairs(ArrayRef<Segmentation> parts, const RowSet &rows) {
  PairCount result;
  for (const Segmentation &part : parts)
    for (const Segment &segment : part.segments) {
      PairCount count = countSegment(segment, part.rowStride, rows);
      result.pairs += count.pairs;
      result.exact &= count.exact;
    }
  return result;
}

static bool seesKey(const Segment &segment, int64_t rowStride, const RowSet &rows, int64_t query) {
  RowView view = getRowView(segment, rowStride, rows, query);
  if (!segment.predicate)
    return !view.interval.isEmpty();
  for (int64_t y = view.interval.begin; y < view.interval.end; ++y)
    if (holds(segment, view, rows, query, y))
      return true;
  return false;
}

std::optional<int64_t> mlir::attn::findEmptyRow(ArrayRef<Segmentation> parts, const RowSet &rows) {
  for (int64_t row = 0; row < rows.numRows; ++row) {
    bool seen = llvm::any_of(parts, [&](const Segmentation &part) {
      return llvm::any_of(part.segments,
                          [&](const Segment &segment) { return seesKey(segment, part.rowStride, rows, row + rows.offset); });
    });
    if (!seen)
      return row;
  }
  return std::nullopt;
}

static bool involvesBatchOrHead(const MaskFormula &mask) {
  if (mask.getKind() == MaskFormula::Kind::Constraint)
    return mask.getExpr().isFunctionOfDim(0) || mask.getExpr().isFunctionOfDim(1);
  return llvm::any_of(mask.getChildren(), involvesBatchOrHead);
}

bool mlir::attn::dependsOnBatchOrHead(ArrayRef<Segmentation> parts) {
  auto involves = [](AffineExpr expr) { return expr.isFunctionOfDim(0) || expr.isFunctionOfDim(1); };
  return llvm::any_of(parts, [&](const Segmentation &part) {
    return llvm::any_of(part.segments, [&](const Segment &segment) {
      return involves(segment.keyPhase) || llvm::any_of(segment.lower, involves) || llvm::any_of(segment.upper, involves) ||
             llvm::any_of(segment.conditions, involves) || (segment.predicate && involvesBatchOrHead(*segment.predicate));
    });
  });
}
