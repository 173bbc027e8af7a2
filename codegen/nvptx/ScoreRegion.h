//===- ScoreRegion.h - score arithmetic for the numbers of a thread -*- C++ -*-===//
//
// A score region says what is done for one (score, batch, head, query, key). A thread has a few rows and many columns of a tile, so that most of it
// can be computed once: what depends on the row alone before the loop over tiles, what depends on the key alone once for all rows. Positions are
// counted in 32 bits, and those of a thread's columns differ by constants: they are converted to floating point once for a tile, and what is linear
// in them costs one instruction for each score.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_CODEGEN_NVPTX_SCOREREGION_H
#define ATTN_CODEGEN_NVPTX_SCOREREGION_H

#include "mlir/IR/IRMapping.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include <array>
#include <map>

namespace mlir::attn {

class ScoreRegion {
public:
  /// Emits what does not depend on keys where the builder stands. The region takes batch, head, query and key, and before these a score if it wants
  /// one. `heads`, `queries`: of each row (index).
  ScoreRegion(ImplicitLocOpBuilder &b, Region &region, Value batch, ArrayRef<Value> heads, ArrayRef<Value> queries);

  /// Begins a key tile: the thread's column c is key `firstKey + step * c` (i32).
  void beginTile(Value firstKey, int64_t step);
  /// The region's result for a row and a column of the thread.
  Value emit(unsigned row, int64_t column, Value score = {});

  /// Whether the result passes through a cap, a * tanh(b * x) with factors that are the same for all columns. Where all x are small, a polynomial is the
  /// same and much cheaper: it takes no exponentials.
  bool hasCap() const { return bool(cap.input); }
  /// x for a row and a column, and the largest magnitude of x for which the polynomial may stand in (f32).
  Value getCapInput(unsigned row, int64_t column, Value score) { return get(cap.input, {row, column, score}, /*isLinear=*/false); }
  Value getCapLimit(unsigned row) const { return cap.rows[row].limit; }
  /// Until the next tile begins, what is emitted relies on inputs within the limit.
  void assumeSmallCap() { isCapSmall = true; }

private:
  enum Dependence : unsigned { kNothing = 0, kRow = 1, kKey = 2, kScore = 4, kLoop = 8 };
  /// An integer of at most `bound`, which is below 2^31, that grows by `perKey` with the key.
  struct Short {
    int64_t perKey, bound;
  };
  /// base + slope * column; without a slope the same for all columns.
  struct Line {
    Value base, slope;
  };
  struct Place {
    unsigned row;
    int64_t column;
    Value score;
  };
  using Key = std::tuple<void *, unsigned, int64_t, bool>;
  /// What a cap's input is multiplied with, or divided by.
  struct Factor {
    Value value;
    bool isDivisor;
  };
  /// a * tanh(b * x) as an odd polynomial of x.
  struct CapRow {
    Value limit;
    std::array<Value, 4> coefficients; // of x, x^3, x^5, x^7
  };
  struct Cap {
    Value input, result; // of the region; null where there is no cap
    SmallVector<CapRow> rows;
  };

  void findCap();
  CapRow buildCapRow(ArrayRef<Factor> factors, Value scale, unsigned row);
  Value buildSmallCap(const Place &place);
  void analyse(Operation &op);
  void analyseShort(Operation &op);
  void analyseLine(Operation &op);
  void emitBeforeLoop(Operation &op);
  /// What the value depends on; nothing where it is from outside.
  unsigned getDependence(Value value) const { return dependence.lookup(value); }
  bool isSameForColumns(Value value) const { return !(getDependence(value) & (kKey | kScore)); }
  bool isBeforeLoop(Value value) const { return isSameForColumns(value) && !(getDependence(value) & kLoop); }
  /// `isLinear`: it does not matter whether the value is rounded before or after it is added to others, as nothing is decided by it.
  Value get(Value value, const Place &place, bool isLinear);
  Value getShortBase(Value value, unsigned row);
  Line getLine(Value value, unsigned row);
  Value compute(Operation &op, const Place &place, bool isLinear);
  Key getKey(Value value, const Place &place, bool isLinear) const;

  ImplicitLocOpBuilder &b;
  Block &body;
  llvm::DenseMap<Value, unsigned> dependence;
  llvm::DenseMap<Value, Short> shorts;
  llvm::DenseSet<Value> lines;
  SmallVector<IRMapping> rowValues;
  Cap cap;
  bool isCapSmall = false;
  Value tileKey; // i32
  int64_t keyStep = 1;
  // Of the tile at hand.
  std::map<Key, Value> values;
  std::map<std::pair<void *, unsigned>, Value> bases;
  std::map<std::pair<void *, unsigned>, Line> lineValues;
};

} // namespace mlir::attn

#endif // ATTN_CODEGEN_NVPTX_SCOREREGION_H
