//===- MachinePeaks.cpp - what this core can do ---------------------------===//

#include "benchmarks/dev/MachinePeaks.h"

#include <cstdlib>
#include <cstring>
#include <immintrin.h>

namespace attn::bench {

template <typename F> static double bestRate(F loop, double flopsPerCall) {
  double best = 0;
  for (int i = 0; i < 30; ++i) {
    double start = now();
    loop();
    best = std::max(best, flopsPerCall / (now() - start) * 1e-9);
  }
  return best;
}

static constexpr int kIterations = 20000, kAccumulators = 24;

__attribute__((target("avx512f"))) static void fma512() {
  __m512 sums[kAccumulators];
  for (__m512 &sum : sums)
    sum = _mm512_setzero_ps();
  __m512 x = _mm512_set1_ps(1e-3f), y = x;
  for (int i = 0; i < kIterations; ++i) {
    for (__m512 &sum : sums)
      sum = _mm512_fmadd_ps(x, y, sum);
    asm volatile("" ::: "memory");
  }
  for (__m512 &sum : sums)
    asm volatile("" ::"v"(sum));
}

__attribute__((target("avx2,fma"))) static void fma256() {
  __m256 sums[12];
  for (__m256 &sum : sums)
    sum = _mm256_setzero_ps();
  __m256 x = _mm256_set1_ps(1e-3f), y = x;
  for (int i = 0; i < kIterations; ++i) {
    for (__m256 &sum : sums)
      sum = _mm256_fmadd_ps(x, y, sum);
    asm volatile("" ::: "memory");
  }
  for (__m256 &sum : sums)
    asm volatile("" ::"x"(sum));
}

static void mulAdd128() {
  __m128 sums[12];
  for (__m128 &sum : sums)
    sum = _mm_setzero_ps();
  __m128 x = _mm_set1_ps(1e-3f);
  for (int i = 0; i < kIterations; ++i) {
    for (__m128 &sum : sums) {
      __m128 y = x;
      asm volatile("" : "+x"(y));
      sum = _mm_add_ps(sum, _mm_mul_ps(x, y));
    }
  }
  for (__m128 &sum : sums)
    asm volatile("" ::"x"(sum));
}

__attribute__((target("avx512f,avx512bf16"))) static void dot512() {
  __m512 sums[kAccumulators];
  for (__m512 &sum : sums)
    sum = _mm512_setzero_ps();
  __m512bh x = (__m512bh)_mm512_set1_epi32(0x3c003c00);
  for (int i = 0; i < kIterations; ++i) {
    for (__m512 &sum : sums)
      sum = _mm512_dpbf16_ps(sum, x, x);
    asm volatile("" ::: "memory");
  }
  for (__m512 &sum : sums)
    asm volatile("" ::"v"(sum));
}

double measureFma(unsigned lanes) {
  if (lanes == 16)
    return bestRate(fma512, 2.0 * 16 * kAccumulators * kIterations);
  if (lanes == 8)
    return bestRate(fma256, 2.0 * 8 * 12 * kIterations);
  return bestRate(mulAdd128, 2.0 * 4 * 12 * kIterations);
}

double measureBf16Dot() {
  if (!__builtin_cpu_supports("avx512bf16"))
    return 0;
  return bestRate(dot512, 4.0 * 16 * kAccumulators * kIterations);
}

__attribute__((target("avx2,fma"))) static void readAll(const char *data, size_t bytes) {
  __m256 a = _mm256_setzero_ps(), b = a, c = a, d = a;
  for (size_t i = 0; i < bytes; i += 128) {
    _mm_prefetch(data + i + 8192, _MM_HINT_T0);
    _mm_prefetch(data + i + 8192 + 64, _MM_HINT_T0);
    a = _mm256_add_ps(a, _mm256_loadu_ps((const float *)(data + i)));
    b = _mm256_add_ps(b, _mm256_loadu_ps((const float *)(data + i + 32)));
    c = _mm256_add_ps(c, _mm256_loadu_ps((const float *)(data + i + 64)));
    d = _mm256_add_ps(d, _mm256_loadu_ps((const float *)(data + i + 96)));
  }
  __m256 sum = _mm256_add_ps(_mm256_add_ps(a, b), _mm256_add_ps(c, d));
  asm volatile("" ::"x"(sum));
}

double readOnce() {
  static constexpr size_t kBytes = 128 << 20;
  static char *data = [] {
    char *memory = static_cast<char *>(std::aligned_alloc(4096, kBytes + 16384));
    std::memset(memory, 0, kBytes + 16384);
    return memory;
  }();
  double start = now();
  readAll(data, kBytes);
  return kBytes / (now() - start) * 1e-9;
}

double measureRead() {
  double best = 0;
  for (int i = 0; i < 8; ++i)
    best = std::max(best, readOnce());
  return best;
}

__attribute__((target("avx2,fma"))) double probe() {
  alignas(64) static float numbers[64] = {1e-3f};
  static constexpr int kProbe = 4000;
  __m256 sums[12];
  for (__m256 &sum : sums)
    sum = _mm256_setzero_ps();
  double start = now();
  for (int i = 0; i < kProbe; ++i) {
    asm volatile("" ::: "memory");
    for (int j = 0; j < 12; ++j)
      sums[j] = _mm256_fmadd_ps(_mm256_broadcast_ss(numbers + j), _mm256_broadcast_ss(numbers + 16 + j), sums[j]);
  }
  for (__m256 &sum : sums)
    asm volatile("" ::"x"(sum));
  return 2.0 * 8 * 12 * kProbe / (now() - start) * 1e-9;
}

} // namespace attn::bench
