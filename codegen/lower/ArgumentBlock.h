//===- ArgumentBlock.h - arguments as a kernel receives them ----*- C++ -*-===//
//
// The compiler's side of runtime/attn_abi.h: one pointer to 64-bit words, nine for each tensor and one for each number.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_CODEGEN_LOWER_ARGUMENTBLOCK_H
#define ATTN_CODEGEN_LOWER_ARGUMENTBLOCK_H

#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace mlir::attn {

/// A memref of this type at `pointer`, with these sizes and strides (i64, one for each dimension; null: known from the type).
Value buildMemRef(ImplicitLocOpBuilder &b, MemRefType type, Value pointer, ArrayRef<Value> sizes, ArrayRef<Value> strides);

/// A memref with static shape and identity layout at `base + offset` bytes.
Value buildMemRefAt(ImplicitLocOpBuilder &b, MemRefType type, Value base, int64_t offset);

/// `base + offset` bytes; the offset is an i64.
Value buildOffsetPointer(ImplicitLocOpBuilder &b, Value base, Value offset);

/// 64-bit words of the block for arguments of these types.
int64_t countArgumentWords(TypeRange types);

/// Reads the arguments of these types (memrefs and numbers) from the block at `pointer`.
SmallVector<Value> readArguments(ImplicitLocOpBuilder &b, Value pointer, TypeRange types);

} // namespace mlir::attn

#endif // ATTN_CODEGEN_LOWER_ARGUMENTBLOCK_H
