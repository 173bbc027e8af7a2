//===- Case.h - a description and the inputs it is run on -------*- C++ -*-===//

#ifndef ATTN_TEST_FUZZ_CASE_H
#define ATTN_TEST_FUZZ_CASE_H

#include "test/lib/attn-fuzz/Mask.h"
#include "test/lib/attn-fuzz/ScoreStep.h"

namespace mlir::attn::fuzz {

enum class Element { F32, BF16, F16, I32, F32Scalar, Index };

/// How a [batch, head, sequence, dim] tensor lies in memory.
enum class Layout {
  Dense,
  ByToken, ///< as [batch, sequence, head, dim]
  Padded   ///< with unused elements behind every row
};

/// What the tensors hold.
enum class Values {
  Normal,
  Peaked,   ///< queries times 30: nearly all weight on one key
  Large,    ///< scores up to about 6e4
  Tiny,     ///< subnormal numbers of f16
  Zero,     ///< all scores equal
  NanQuery, ///< one row of the queries is NaN
};

/// Sizes and inputs of one launch.
struct Run {
  int64_t batch = 1, queries = 1, keys = 1;
  /// Keys of the second half of a merged pair.
  int64_t moreKeys = 1;
  /// Values of the run-time numbers.
  std::vector<int64_t> numbers;
  double scale = 1.0;
  /// One for each batch entry.
  std::vector<int64_t> lengths, offsets;
  /// Of q, k, v, o.
  Layout layouts[4] = {};
  Values values = Values::Normal;
  /// Whether tensors begin, not end, at a page that cannot be accessed.
  bool guardBefore = false;
  uint64_t seed = 0;
};

enum class Scale { Default, Constant, Operand };
enum class Offset { Default, Scalar, Tensor };

/// One description with the inputs it is run on.
struct Case {
  uint64_t number = 0;
  Element input = Element::F32, output = Element::F32;
  int64_t heads = 1, keyHeads = 1, keyDim = 1, valueDim = 1;
  std::optional<Mask> mask;
  std::vector<ScoreStep> score;
  Scale scale = Scale::Default;
  Offset offset = Offset::Default;
  bool lengths = false, lse = false, rowMax = false;
  /// Two attentions over different keys, merged.
  bool merged = false;
  /// Sequence lengths stand in the types; then there is one run.
  bool staticSizes = false;
  std::string target = "host";
  std::vector<Run> runs;

  /// As a module with one function.
  std::string print() const;
  /// The numbers of run `index`, for people.
  std::string describe(const Run &run) const;
  std::set<int> getSymbols() const;
};

/// One argument or result of the function; -1 stands for a size that is not static.
struct Slot {
  std::string name;
  Element element;
  std::vector<int64_t> shape;
};

std::vector<Slot> getArguments(const Case &test, const Run &run);
std::vector<Slot> getResults(const Case &test, const Run &run);

/// Draws case `number` of `seed`.
Case drawCase(uint64_t seed, uint64_t number);

/// Simpler cases, boldest first.
std::vector<Case> simplify(const Case &test);

} // namespace mlir::attn::fuzz

#endif // ATTN_TEST_FUZZ_CASE_H
