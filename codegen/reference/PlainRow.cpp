//===- PlainRow.cpp - one query row of attention, plainly -----------------===//
//
// The same row in the arithmetic of a careful program without tiles. Operands hold numbers of the tensors' type, so float loses
// nothing.
//
//===----------------------------------------------------------------------===//

#include "codegen/FloatFormats.h"
#include "codegen/reference/AttentionRow.h"
#include <cmath>

using namespace mlir;
using namespace mlir::attn;
using namespace mlir::attn::reference;

/// A number of a tensor, as products take it.
static float toOperand(double number, FloatType type) { return type.isTF32() ? float(roundToType(number, type)) : float(number); }

static float dotProduct(const double *a, const double *b, FloatType type, int64_t size, int64_t first) {
  float sum = 0.0f;
  for (int64_t n = 0; n < size; ++n) {
    int64_t d = (first + n) % size;
    sum += toOperand(a[d], type) * toOperand(b[d], type);
  }
  return sum;
}

void reference::computeRowPlainly(const AttentionInputs &inputs, int64_t b, int64_t h, int64_t row, ScoreProgram::State &state,
                                  RowOutput &result) {
  int64_t keyHead = h / inputs.group, i = inputs.getPosition(b, row), valueDim = inputs.value.size(3);
  std::vector<int64_t> keys = findVisibleKeys(inputs, b, h, row);
  std::vector<double> scores, weights(keys.size());
  const double *q = inputs.query.row(b, h, row);
  for (int64_t j : keys) {
    const double *key = inputs.key.row(b, keyHead, j);
    float score = float(inputs.scale) * dotProduct(q, key, inputs.inputType, inputs.query.size(3), inputs.draw);
    scores.push_back(inputs.score.run(state, score, b, h, i, j));
  }
  RowResult statistics = inputs.normalizer.evaluateRowPlainly(scores, weights);
  result.lse = statistics.lse;
  result.rowMax = statistics.rowMax;
  float scale = std::exp2(-float(inputs.draw % 64) / 64.0f);
  std::vector<float> sums(valueDim, 0.0f);
  for (size_t n = 0; n < keys.size(); ++n) {
    if (scores[n] == -std::numeric_limits<double>::infinity())
      continue;
    float weight = roundToType(float(weights[n]) * scale, inputs.inputType);
    const double *v = inputs.value.row(b, keyHead, keys[n]);
    for (int64_t d = 0; d < valueDim; ++d)
      sums[d] += weight * toOperand(v[d], inputs.inputType);
  }
  for (int64_t d = 0; d < valueDim; ++d)
    result.output[d] = roundToType(sums[d] / scale, inputs.outputType);
}
