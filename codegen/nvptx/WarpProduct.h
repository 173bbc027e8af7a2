//===- WarpProduct.h - matrix products of a warp ----------------*- C++ -*-===//
//
// mma.sync m16n8k16 on 16-bit operands. A thread holds four numbers of each 16 x 8 result: number r lies in row lane / 4 + 8 * (r / 2) and column
// 2 * (lane % 4) + r % 2 (PTX ISA, "Matrix Fragments for mma.m16n8k16"). Two neighbouring results in a row are, rounded, the first operand of a
// product over their 16 columns: no data moves between lanes.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_CODEGEN_NVPTX_WARPPRODUCT_H
#define ATTN_CODEGEN_NVPTX_WARPPRODUCT_H

#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace mlir::attn {

/// The four numbers of a 16 x 8 result that one thread holds.
using ResultFragment = SmallVector<Value, 4>;

/// result + lhs * rhs; lhs: four i32, rhs: two i32, each two elements of `element` (bf16 or f16).
ResultFragment multiplyAdd(ImplicitLocOpBuilder &b, Type element, ValueRange lhs, ValueRange rhs, const ResultFragment &result);

/// Two results side by side as the first operand of a product, rounded to `element`.
SmallVector<Value> roundToOperand(ImplicitLocOpBuilder &b, Type element, const ResultFragment &left, const ResultFragment &right);

/// `first` and `second` rounded to `element`, in one i32, `first` in the low half.
Value packPair(ImplicitLocOpBuilder &b, Type element, Value first, Value second);

} // namespace mlir::attn

#endif // ATTN_CODEGEN_NVPTX_WARPPRODUCT_H
