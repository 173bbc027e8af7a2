//===- RawPointers.h - addresses inside views -------------------*- C++ -*-===//
//
// Loops that run at the speed of the machine address memory through pointers that they advance themselves: without LLVM's own
// loop passes, an index expression would be multiplied out anew in each step.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_CODEGEN_CPU_RAWPOINTERS_H
#define ATTN_CODEGEN_CPU_RAWPOINTERS_H

#include "codegen/cpu/VectorEmission.h"

namespace mlir::attn {

/// The address of view[row][column], an !llvm.ptr.
Value elementPointer(ImplicitLocOpBuilder &b, Value view, Value row, Value column);
/// Bytes from one row of a view to the next, an i64.
Value rowStrideBytes(ImplicitLocOpBuilder &b, Value view);
/// pointer + bytes; `bytes` is an i64 or an index.
Value advancePointer(ImplicitLocOpBuilder &b, Value pointer, Value bytes);
Value int64Constant(ImplicitLocOpBuilder &b, int64_t value);
/// Stores a vector at element `index` of an array of its own element type.
void storeThroughPointer(ImplicitLocOpBuilder &b, Value vector, Value pointer, Value index);

} // namespace mlir::attn

#endif // ATTN_CODEGEN_CPU_RAWPOINTERS_H
