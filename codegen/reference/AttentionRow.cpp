//===- AttentionRow.cpp - one query row of attention, exactly -------------===//

#include "codegen/reference/AttentionRow.h"
#include "codegen/reference/MaskEvaluation.h"

using namespace mlir;
using namespace mlir::attn;
using namespace mlir::attn::reference;

int64_t AttentionInputs::getPosition(int64_t b, int64_t row) const {
  return row + int64_t(offset.elements[offset.shape.empty() ? 0 : b]);
}

bool AttentionInputs::isVisible(int64_t b, int64_t h, int64_t i, int64_t j) const {
  if (lengths && j >= lengths->elements[b])
    return false;
  return !mask || evaluateMask(*mask, {b, h, i, j}, symbols);
}

std::vector<int64_t> reference::findVisibleKeys(const AttentionInputs &inputs, int64_t b, int64_t h, int64_t row) {
  std::vector<int64_t> keys;
  int64_t i = inputs.getPosition(b, row);
  for (int64_t j = 0; j < inputs.key.size(2); ++j)
    if (inputs.isVisible(b, h, i, j))
      keys.push_back(j);
  return keys;
}

static double dotProduct(const double *a, const double *b, int64_t size) {
  double sum = 0.0;
  for (int64_t d = 0; d < size; ++d)
    sum += a[d] * b[d];
  return sum;
}

void reference::computeRowExactly(const AttentionInputs &inputs, int64_t b, int64_t h, int64_t row, ScoreProgram::State &state,
                                  RowOutput &result) {
  int64_t keyHead = h / inputs.group, i = inputs.getPosition(b, row), valueDim = inputs.value.size(3);
  std::vector<int64_t> keys = findVisibleKeys(inputs, b, h, row);
  std::vector<double> scores, weights(keys.size());
  const double *q = inputs.query.row(b, h, row);
  for (int64_t j : keys) {
    double score = inputs.scale * dotProduct(q, inputs.key.row(b, keyHead, j), inputs.query.size(3));
    scores.push_back(inputs.score.run(state, score, b, h, i, j));
  }
  RowResult statistics = inputs.normalizer.evaluateRow(scores, weights);
  result.lse = statistics.lse;
  result.rowMax = statistics.rowMax;
  std::fill_n(result.output, valueDim, 0.0);
  for (size_t n = 0; n < keys.size(); ++n) {
    if (scores[n] == -std::numeric_limits<double>::infinity())
      continue; // Hidden by the score region: its value must not count, whatever it is.
    const double *v = inputs.value.row(b, keyHead, keys[n]);
    for (int64_t d = 0; d < valueDim; ++d)
      result.output[d] += weights[n] * v[d];
  }
}
