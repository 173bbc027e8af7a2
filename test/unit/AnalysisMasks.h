//===- AnalysisMasks.h - masks for the tests of the analysis ----*- C++ -*-===//

#ifndef ATTN_TEST_UNIT_ANALYSISMASKS_H
#define ATTN_TEST_UNIT_ANALYSISMASKS_H

#include "dialect/MaskFormula.h"

#include "llvm/ADT/SmallVector.h"

#include <random>
#include <string>

namespace mlir::attn::test {

/// Symbols of all test masks: Tq, Tk and two bound numbers.
constexpr unsigned kNumSymbols = 4;

/// Builds the named masks from the formulas of their documentation.
struct MaskBuilder {
  explicit MaskBuilder(MLIRContext *context);

  MaskFormula causal() const;
  MaskFormula window(AffineExpr left, AffineExpr right) const; // null: unbounded
  MaskFormula window(int64_t left) const;
  MaskFormula prefix(AffineExpr length) const;
  MaskFormula prefix(int64_t length) const;
  MaskFormula strided(int64_t step) const;
  MaskFormula keyStride(int64_t step, AffineExpr offset) const;
  MaskFormula keyStride(int64_t step, int64_t offset = 0) const;
  MaskFormula dilated(int64_t step, int64_t window) const;
  MaskFormula chunked(int64_t size) const;

  AffineExpr constant(int64_t value) const { return getAffineConstantExpr(value, context); }

  MLIRContext *context;
  AffineExpr b, h, i, j, Tq, Tk, V, W;
};

inline MaskFormula operator&(const MaskFormula &a, const MaskFormula &b) { return MaskFormula::allOf({a, b}); }
inline MaskFormula operator|(const MaskFormula &a, const MaskFormula &b) { return MaskFormula::anyOf({a, b}); }
inline MaskFormula operator!(const MaskFormula &a) { return MaskFormula::negationOf(a); }

struct NamedMask {
  std::string name;
  MaskFormula formula;
  /// The number of segments and the strides that the analysis is expected to find; -1 where a test does not care.
  int numSegments;
  int64_t rowStride;
  bool hasPredicate;
};

/// Every named mask and the usual combinations.
std::vector<NamedMask> getNamedMasks(MLIRContext *context);

/// A random formula: one to four constraints with small coefficients, floordiv, mod and ceildiv, in random and/or/not.
MaskFormula getRandomMask(std::mt19937 &random, MLIRContext *context);

/// Random numbers in [first, last].
int64_t draw(std::mt19937 &random, int64_t first, int64_t last);

/// A formula as text, for failure messages.
std::string toString(const MaskFormula &mask);

/// The seed of a random test: ATTN_TEST_SEED, or a fixed one. It is printed.
unsigned getSeed();

/// The number of random cases: ATTN_TEST_CASES, or `standard`.
int getNumCases(int standard);

} // namespace mlir::attn::test

#endif // ATTN_TEST_UNIT_ANALYSISMASKS_H
