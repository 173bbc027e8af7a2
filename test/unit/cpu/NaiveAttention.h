//===- NaiveAttention.h - random tensors and attention in double -*- C++ -*-===//

#ifndef ATTN_TEST_UNIT_CPU_NAIVEATTENTION_H
#define ATTN_TEST_UNIT_CPU_NAIVEATTENTION_H

#include "test/unit/cpu/PanelAttention.h"

#include <cmath>
#include <cstring>
#include <random>

namespace mlir::attn::test {

inline double loadElement(const void *data, Dtype dtype, size_t index) {
  if (dtype == Dtype::F32)
    return static_cast<const float *>(data)[index];
  uint16_t bits = static_cast<const uint16_t *>(data)[index];
  if (dtype == Dtype::BF16) {
    uint32_t wide = uint32_t(bits) << 16;
    float value;
    std::memcpy(&value, &wide, 4);
    return value;
  }
  _Float16 half;
  std::memcpy(&half, &bits, 2);
  return double(half);
}

/// Stores `value` rounded to nearest even.
inline void storeElement(void *data, Dtype dtype, size_t index, float value) {
  if (dtype == Dtype::F32) {
    static_cast<float *>(data)[index] = value;
  } else if (dtype == Dtype::BF16) {
    uint32_t bits;
    std::memcpy(&bits, &value, 4);
    static_cast<uint16_t *>(data)[index] = std::isnan(value) ? 0x7fc0 : (bits + 0x7fff + ((bits >> 16) & 1)) >> 16;
  } else {
    _Float16 half = _Float16(value);
    std::memcpy(static_cast<uint16_t *>(data) + index, &half, 2);
  }
}

/// `count` standard normal numbers.
inline Buffer randomBuffer(Dtype dtype, size_t count, unsigned seed, float scale = 1) {
  Buffer buffer(count * bytesOf(dtype));
  std::mt19937 random(seed);
  std::normal_distribution<float> normal;
  for (size_t i = 0; i < count; ++i)
    storeElement(buffer.as<void>(), dtype, i, scale * normal(random));
  return buffer;
}

/// Softmax attention of one packed row in double: output[valueDim], and log-sum-exp as the result. `score` maps (scaled score,
/// head, position, key) to the final score.
template <typename Score>
double naiveRow(const PanelProblem &p, const void *q, const void *k, const void *v, int64_t head, int64_t position, Score score,
                std::vector<double> &output) {
  Interval visible = p.visibleAt(position);
  std::vector<double> scores;
  double largest = -INFINITY, sum = 0;
  for (int64_t j = visible.first; j < visible.end; ++j) {
    double s = 0;
    for (int64_t d = 0; d < p.keyDim; ++d)
      s += loadElement(q, p.dtype, (head * p.positions + position) * p.keyDim + d) *
           loadElement(k, p.dtype, j * p.getKeyStride() + d);
    scores.push_back(score(s * p.scale, head, position, j));
    largest = std::max(largest, scores.back());
  }
  output.assign(p.valueDim, 0.0);
  for (int64_t j = visible.first; j < visible.end; ++j) {
    double weight = std::exp(scores[j - visible.first] - largest);
    sum += weight;
    for (int64_t e = 0; e < p.valueDim; ++e)
      output[e] += weight * loadElement(v, p.dtype, j * p.getValueStride() + e);
  }
  if (sum == 0)
    return -INFINITY;
  for (double &value : output)
    value /= sum;
  return largest + std::log(sum);
}

/// Relative L2 distance.
struct Error {
  double difference = 0, norm = 0;
  void add(double got, double expected) {
    difference += (got - expected) * (got - expected);
    norm += expected * expected;
  }
  double relative() const { return std::sqrt(difference / (norm > 0 ? norm : 1)); }
};

} // namespace mlir::attn::test

#endif // ATTN_TEST_UNIT_CPU_NAIVEATTENTION_H
