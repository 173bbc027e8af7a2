//===- FakeInputs.h - arguments of the hand-written test kernel -*- C++ -*-===//

#ifndef ATTN_TEST_FAKEINPUTS_H
#define ATTN_TEST_FAKEINPUTS_H

#include "runtime/attn.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstring>
#include <gtest/gtest.h>
#include <limits>
#include <memory>
#include <random>
#include <thread>
#include <vector>

extern "C" const attn_kernel attn_bundle_kernel;

/// Inputs, outputs and the expected result of the kernel in fake_kernel.c; dense f32.
struct FakeInputs {
  static constexpr int64_t H = 4, HK = 2, D = 8;
  int64_t B, Tq, Tk;
  float scale = 0.25f;
  int64_t window = 3;
  std::vector<float> q, k, v, o, lse;
  std::vector<int32_t> lengths;

  FakeInputs(int64_t B, int64_t Tq, int64_t Tk, unsigned seed = 1)
      : B(B), Tq(Tq), Tk(Tk), q(B * H * Tq * D), k(B * HK * Tk * D), v(k.size()), o(q.size(), -7), lse(B * H * Tq, -7),
        lengths(B) {
    std::mt19937 random(seed);
    std::normal_distribution<float> normal;
    for (auto *tensor : {&q, &k, &v})
      for (float &x : *tensor)
        x = normal(random);
    for (int32_t &length : lengths)
      length = std::uniform_int_distribution<int32_t>(0, Tk)(random);
  }

  /// What attn_launch takes.
  std::vector<attn_value> values() {
    int64_t sq[] = {B, H, Tq, D}, sk[] = {B, HK, Tk, D}, sl[] = {B}, ss[] = {B, H, Tq};
    return {attn_dense(q.data(), ATTN_F32, 4, sq),
            attn_dense(k.data(), ATTN_F32, 4, sk),
            attn_dense(v.data(), ATTN_F32, 4, sk),
            attn_dense(lengths.data(), ATTN_I32, 1, sl),
            attn_number(scale),
            attn_integer(window),
            attn_dense(o.data(), ATTN_F32, 4, sq),
            attn_dense(lse.data(), ATTN_F32, 3, ss)};
  }

  /// The argument block that a bundle's functions take.
  std::vector<int64_t> block() {
    std::vector<int64_t> words;
    for (const attn_value &value : values()) {
      if (value.kind != ATTN_TENSOR) {
        words.push_back(value.as.integer);
        if (value.kind == ATTN_NUMBER)
          std::memcpy(&words.back(), &scale, sizeof scale);
        continue;
      }
      attn_view view = {value.as.tensor.data, {}, {}};
      std::copy_n(value.as.tensor.shape, ATTN_MAX_RANK, view.shape);
      std::copy_n(value.as.tensor.strides, ATTN_MAX_RANK, view.strides);
      words.resize(words.size() + sizeof view / sizeof(int64_t));
      std::memcpy(&*words.end() - sizeof view / sizeof(int64_t), &view, sizeof view);
    }
    return words;
  }

  void expectCorrect() const {
    for (int64_t row = 0; row < B * H * Tq; ++row) {
      int64_t i = row % Tq, h = row / Tq % H, b = row / Tq / H;
      std::vector<double> output(D, 0);
      double sum = 0;
      for (int64_t j = std::max<int64_t>(0, i + Tk - Tq - window); j < lengths[b]; ++j) {
        double score = 0;
        for (int64_t d = 0; d < D; ++d)
          score += double(q[row * D + d]) * k[((b * HK + h / 2) * Tk + j) * D + d];
        double p = std::exp(score * scale);
        sum += p;
        for (int64_t d = 0; d < D; ++d)
          output[d] += p * v[((b * HK + h / 2) * Tk + j) * D + d];
      }
      if (sum == 0)
        ASSERT_EQ(lse[row], -std::numeric_limits<float>::infinity()) << "row " << row;
      else
        ASSERT_NEAR(lse[row], std::log(sum), 1e-5) << "row " << row;
      for (int64_t d = 0; d < D; ++d)
        ASSERT_NEAR(o[row * D + d], sum == 0 ? 0 : output[d] / sum, 1e-5) << "row " << row;
    }
  }
};

#endif // ATTN_TEST_FAKEINPUTS_H
