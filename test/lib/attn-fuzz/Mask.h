//===- Mask.h - a mask that can be written and made smaller -----*- C++ -*-===//

#ifndef ATTN_TEST_FUZZ_MASK_H
#define ATTN_TEST_FUZZ_MASK_H

#include "test/lib/attn-fuzz/Random.h"

#include <optional>
#include <set>
#include <string>
#include <vector>

namespace mlir::attn::fuzz {

/// A number of a mask: a constant, or run-time number `symbol`.
struct Number {
  int64_t value = 0;
  int symbol = -1;
};

/// A mask as a tree.
struct Mask {
  enum Kind { Causal, Window, Prefix, Sinks, Strided, KeyStride, Dilated, Chunked, Set, AllOf, AnyOf, Not };

  Kind kind = Causal;
  /// The parameters in the order of the attribute's; an absent side of a window is none.
  std::optional<Number> first, second;
  /// Of AllOf, AnyOf and Not.
  std::vector<Mask> children;
  /// Of Set; the run-time number n is called Wn.
  std::vector<std::string> constraints;

  /// As an attribute.
  std::string print() const;
  /// Adds the run-time numbers it mentions.
  void collectSymbols(std::set<int> &symbols) const;
  /// Simpler masks, boldest first. `numbers` are the run-time numbers' values, which may stand in for them.
  std::vector<Mask> simplify(const std::vector<int64_t> &numbers) const;
};

/// The name of run-time number n.
std::string getSymbolName(int number);

/// Draws a mask; run-time numbers get indices from `numSymbols` on, which is raised.
Mask drawMask(Random &random, int &numSymbols);

} // namespace mlir::attn::fuzz

#endif // ATTN_TEST_FUZZ_MASK_H
