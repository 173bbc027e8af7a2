//===- ScoreStep.h - a piece of a score region ------------------*- C++ -*-===//

#ifndef ATTN_TEST_FUZZ_SCORESTEP_H
#define ATTN_TEST_FUZZ_SCORESTEP_H

#include "test/lib/attn-fuzz/Random.h"

#include <string>

namespace mlir::attn::fuzz {

/// One change of the score.
struct ScoreStep {
  enum Kind {
    SoftCap,     ///< c tanh(s / c)
    SoftCapLimit, ///< the same with a run-time limit
    Slopes,      ///< + slopes[h] (j - i)
    Table,       ///< + table[h, clamp(i - j)]
    KeyBias,     ///< + bias[b, j], a tensor over batch and keys
    Affine,      ///< a s + c
    Elementary,  ///< s + f(s) for an elementary function
    Distance,    ///< + c / (1 + |i - j|), by conversion to float
    HideByHead,  ///< -inf where (j + h) mod m is 0
    HideFuture,  ///< -inf where j > i
    HideBatch,   ///< -inf in odd batch entries where j < m
    HideSmall,   ///< -inf where s < c
    Constant     ///< forgets s
  };
  static constexpr int kNumKinds = Constant + 1;
  /// Entries of a table for each head.
  static constexpr int64_t kTableSize = 33;

  Kind kind = Affine;
  /// Makes the names of the step's values its own.
  int id = 0;
  double constant = 1.0;
  int64_t step = 2;

  /// The operations that compute %s<id + 1> from %s<id>.
  std::string print() const;
  /// Whether it may hide all keys of a row.
  bool hides() const { return kind >= HideByHead && kind <= HideSmall; }
  /// The name of its operand, if it has one.
  std::string getOperand() const;
};

ScoreStep drawScoreStep(Random &random);

} // namespace mlir::attn::fuzz

#endif // ATTN_TEST_FUZZ_SCORESTEP_H
