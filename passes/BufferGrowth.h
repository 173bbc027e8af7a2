//===- BufferGrowth.h - how a size depends on lengths -----------*- C++ -*-===//

#ifndef ATTN_PASSES_BUFFERGROWTH_H
#define ATTN_PASSES_BUFFERGROWTH_H

#include "mlir/IR/Value.h"

namespace mlir::attn {

/// The degree of a size, computed by arith and memref operations, as a polynomial in the lengths of sequences: 0 for a
/// constant, a batch size or what a condition bounds by a constant, 1 for a length, 2 for a product of two lengths. Never too
/// small.
unsigned countSequenceLengths(Value size);

} // namespace mlir::attn

#endif // ATTN_PASSES_BUFFERGROWTH_H
