//===- KernelHooks.h - what a description adds to the CPU kernels -*- C++ -*-===//
//
// The kernels know loops, registers and memory. The arithmetic of a description comes in through two hooks: a function of the
// score, and the normaliser (softmax, ...). Both emit elementwise arith and math operations, on one f32 or on a vector of
// lanes.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_CODEGEN_CPU_KERNELHOOKS_H
#define ATTN_CODEGEN_CPU_KERNELHOOKS_H

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "mlir/IR/Value.h"
#include "dialect/Normalizer.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/SmallVector.h"

namespace mlir::attn {

/// Where a vector of scores lies. In the panel kernel the lanes are query rows of one key; in the decode kernel they are
/// consecutive keys of one query row.
struct ScoreContext {
  /// Index, relative to the tile's first key: the key of all lanes, or the key of lane 0.
  Value keyInTile;
  /// Panel kernel: lanes hold the rows `laneVector * lanes + lane` of the panel. 0 in the decode kernel.
  unsigned laneVector;
  /// Decode kernel: the query row (index). Null in the panel kernel.
  Value row;
  /// The values passed to the kernel for its hooks, in the order of the configuration's `extraTypes`.
  ValueRange extra;
};

/// Returns the score that replaces `score`, a vector<lanes x f32>. Null where a description leaves scores alone.
using ScoreHook = llvm::function_ref<Value(ImplicitLocOpBuilder &, Value score, const ScoreContext &)>;

/// What `finalize` gives: each value has the shape of the statistics.
struct FinalRow {
  /// Factor of the accumulated output; null stands for 1.
  Value outputScale;
  /// Natural logarithm of the sum of exp(score); -inf where no key was visible.
  Value logSumExp;
  /// Largest score, in natural units; -inf where no key was visible.
  Value rowMax;
};

/// What `merge` gives.
struct MergedState {
  SmallVector<Value> statistics;
  /// Factors of the two accumulators before they are added; null stands for 1.
  Value scaleA, scaleB;
};

/// A normaliser as the kernels see it. All values are f32 or vectors of f32 of one shape; `c` is always an f32 and is the
/// factor that takes a score into the exponent of 2, so scale * log2(e). It must be positive.
class NormalizerEmitter {
public:
  virtual ~NormalizerEmitter() = default;

  /// The value of each statistic before the first key.
  virtual SmallVector<double> getInitialStatistics() const = 0;
  unsigned getNumStatistics() const { return getInitialStatistics().size(); }
  /// Whether `beginStep` reads the tile's row maximum, and `endStep` the sum of its weights.
  virtual bool usesRowMax() const = 0;
  virtual bool usesRowSum() const = 0;

  /// `rowMax`: the tile's largest score, -inf where none is visible; null if `usesRowMax` is false.
  virtual StepStart beginStep(ImplicitLocOpBuilder &b, ValueRange statistics, Value rowMax, Value c) const = 0;
  /// The weight of a score. With `fastmath` afn a relative error of 1e-4 is invisible, because weights are rounded to 8 bits.
  virtual Value weight(ImplicitLocOpBuilder &b, Value score, Value c, Value shift, arith::FastMathFlags fastmath) const = 0;
  /// `rowSum`: the sum of the tile's weights; null if `usesRowSum` is false.
  virtual SmallVector<Value> endStep(ImplicitLocOpBuilder &b, const StepStart &start, Value rowSum) const = 0;
  /// Two disjoint sets of keys of one row become one.
  virtual MergedState merge(ImplicitLocOpBuilder &b, ValueRange a, ValueRange other, Value c) const = 0;
  virtual FinalRow finalize(ImplicitLocOpBuilder &b, ValueRange statistics, Value c) const = 0;
};

} // namespace mlir::attn

#endif // ATTN_CODEGEN_CPU_KERNELHOOKS_H
