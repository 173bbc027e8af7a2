//===- Workload.h - what an attention has to compute ------------*- C++ -*-===//
//
// The sizes of each attention of a function for given arguments, and the pairs its mask leaves to compute.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_TOOLS_COMMON_WORKLOAD_H
#define ATTN_TOOLS_COMMON_WORKLOAD_H

#include "codegen/Signature.h"
#include "dialect/AttnOps.h"
#include "passes/analysis/VisiblePairs.h"

namespace mlir::attn {

/// What is known of a call's arguments.
struct KnownValues {
  /// One for each symbol of the signature.
  SmallVector<int64_t> sizes;
  /// For each argument its number, if it is a scalar.
  SmallVector<double> scalars;
  /// For each argument its elements, if it is a tensor of integers; none: lengths are full, offsets are left out.
  SmallVector<std::vector<int64_t>> integers;
};

/// One attention with all its numbers.
struct Workload {
  AttentionOp op;
  int64_t batches, heads, queries, keys, keyDim, valueDim;
  /// The mask as a formula; all pairs where there is none.
  MaskFormula mask;
  unsigned numSymbols;
  /// For each batch entry the rows of head 0; other heads differ in `head` alone.
  SmallVector<RowSet> rows;

  /// Visible pairs of all batch entries and heads.
  PairCount countPairs() const;
  /// Useful operations: a multiplication and an addition for each element of a visible pair's key and value.
  double countFlops(const PairCount &pairs) const { return 2.0 * double(keyDim + valueDim) * double(pairs.pairs); }
};

/// The attentions in a function's own body. Fails, with an error at the operation, where a number of a mask or an offset is
/// computed from something that is not known.
FailureOr<SmallVector<Workload>> getWorkloads(func::FuncOp function, const Signature &signature, const KnownValues &values);

} // namespace mlir::attn

#endif // ATTN_TOOLS_COMMON_WORKLOAD_H
