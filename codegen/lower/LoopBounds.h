//===- LoopBounds.h - key tiles that a row tile visits ----------*- C++ -*-===//

#ifndef ATTN_CODEGEN_LOWER_LOOPBOUNDS_H
#define ATTN_CODEGEN_LOWER_LOOPBOUNDS_H

#include "dialect/AttnOps.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace mlir::attn {

/// The results of `attn.bounds`.
struct LoopBounds {
  Value lo, ulo, uhi, hi;
};

/// Replaces `attn.bounds` by arithmetic on its operands and returns what its results became. Fails with a diagnostic where its views are not
/// those of queries and keys.
FailureOr<LoopBounds> lowerBounds(ImplicitLocOpBuilder &b, BoundsOp op);

} // namespace mlir::attn

#endif // ATTN_CODEGEN_LOWER_LOOPBOUNDS_H
