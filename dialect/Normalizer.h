//===- Normalizer.h - values a normaliser hands back ------------*- C++ -*-===//

#ifndef ATTN_DIALECT_NORMALIZER_H
#define ATTN_DIALECT_NORMALIZER_H

#include "llvm/ADT/SmallVector.h"
#include "mlir/IR/Value.h"

namespace mlir::attn {

/// What a step knows before it forms the weights of a tile.
struct StepStart {
  SmallVector<Value> statistics;
  /// Factor of the old accumulator; null where it is always 1.
  Value rescale;
  /// What buildWeight subtracts, in base-2 exponents; null if nothing.
  Value shift;
};

/// Statistics of a union of two key sets; accumulators are scaled by these factors and added.
struct MergeResult {
  SmallVector<Value> statistics;
  Value lhsFactor;
  Value rhsFactor;
};

/// What is stored for a row at the end.
struct FinalResult {
  Value outputFactor;
  Value lse;
  Value rowMax;
};

/// Float64 definition of a row: logarithm of the sum of weights and largest score, both natural; -inf where nothing is visible.
struct RowResult {
  double lse;
  double rowMax;
};

/// Float64 definition of a merge of two finished outputs: `factorA * a + factorB * b` with this lse.
struct RowMerge {
  double factorA;
  double factorB;
  double lse;
};

} // namespace mlir::attn

#endif // ATTN_DIALECT_NORMALIZER_H
