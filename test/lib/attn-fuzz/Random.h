//===- Random.h - numbers from a seed ---------------------------*- C++ -*-===//

#ifndef ATTN_TEST_FUZZ_RANDOM_H
#define ATTN_TEST_FUZZ_RANDOM_H

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <initializer_list>

namespace mlir::attn::fuzz {

/// splitmix64: the same numbers on every machine, for a seed.
class Random {
public:
  explicit Random(uint64_t seed) : state(seed) {}

  uint64_t next() {
    uint64_t x = state += 0x9e3779b97f4a7c15u;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
  }
  /// In [low, high].
  int64_t between(int64_t low, int64_t high) { return low + int64_t(next() % uint64_t(high - low + 1)); }
  /// In (0, 1].
  double uniform() { return (double(next() >> 11) + 1.0) * 0x1p-53; }
  bool chance(double probability) { return uniform() <= probability; }
  /// A standard normal number.
  double normal() { return std::sqrt(-2.0 * std::log(uniform())) * std::cos(2.0 * M_PI * uniform()); }

  template <typename T>
  T pick(std::initializer_list<T> choices) {
    return choices.begin()[next() % choices.size()];
  }

private:
  uint64_t state;
};

} // namespace mlir::attn::fuzz

#endif // ATTN_TEST_FUZZ_RANDOM_H
