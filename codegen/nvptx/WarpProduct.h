//===- WarpProduct.h - matrix products of a warp ----------------*- C++ -*-===//
//
// mma.sync on operands of one type, sixteen of their common dimension at a time. A thread holds four numbers of each 16 x 8 result: number r lies in
// row lane / 4 + 8 * (r / 2) and column 2 * (lane % 4) + r % 2 (PTX ISA, "Matrix Fragments for mma.m16n8k16" and "m16n8k8"). Two neighbouring results
// in a row are, rounded, the first operand of a product over their 16 columns: no data moves between lanes.
//
// Operands of 16 bits meet in one m16n8k16. Those of f32 meet in m16n8k8 on tf32, whose numbers have 11 bits; each number is the sum of two such, and
// three of their four products are added up, so that what is lost is about as small as an f32 is rounded by. Tensor cores cut off what does not fit
// when they add, always towards zero: results over many columns are therefore added by f32 additions, which round.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_CODEGEN_NVPTX_WARPPRODUCT_H
#define ATTN_CODEGEN_NVPTX_WARPPRODUCT_H

#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace mlir::attn {

/// The four numbers of a 16 x 8 result that one thread holds.
using ResultFragment = SmallVector<Value, 4>;

/// The numbers of fragments, one after the other, and fragments with such numbers.
SmallVector<Value> flattenFragments(ArrayRef<ResultFragment> fragments);
void assignFragments(MutableArrayRef<ResultFragment> fragments, ValueRange numbers);

/// The value of the lane whose number differs from this one's by the bits of `distance`; for all lanes of a warp together. i32 or f32.
Value exchangeLanes(ImplicitLocOpBuilder &b, Value value, int64_t distance);

class WarpProduct {
public:
  WarpProduct() = default;
  /// `isSingle`: f32 is rounded to tf32, and multiplied once.
  explicit WarpProduct(Type element, bool isSingle = false) : element(element), isSingle(isSingle) {}

  /// Whether there are products of operands of this type.
  static bool canMultiply(Type element) { return element.isF32() || element.isBF16() || element.isF16(); }

  Type getElement() const { return element; }
  /// Whether numbers of f32 are multiplied as such, by two parts of each.
  bool isSplit() const { return element.isF32() && !isSingle; }
  int64_t getElementBytes() const { return element.getIntOrFloatBitWidth() / 8; }
  /// Registers of a thread for a 16 x 16 block of an operand.
  int64_t countRegisters() const { return countParts() * 2 * getElementBytes(); }
  /// Whether a thread has registers for so many numbers beside the operands that a loop of products wants, where a warp has so many blocks of 16 rows.
  /// The assembler loads second operands far ahead, and keeps other numbers in local memory rather than not to.
  bool fitsRegisters(int64_t numbers, int64_t rowBlocks) const {
    return numbers + (rowBlocks + kBlocksAhead) * countRegisters() <= kThreadRegisters;
  }
  /// How many times as long as one m16n8k16 on 16 bits a product takes. Operands of twice the size take twice as long.
  int64_t getCost() const { return isSplit() ? 6 : getElementBytes() / 2; }

  /// An operand from what SharedTile reads of it, i32 each: a block of a first operand, or the half of one that is a second operand.
  SmallVector<Value> prepare(ImplicitLocOpBuilder &b, ValueRange loaded) const;
  /// Two results side by side as a first operand, rounded to the operands' type. For f32 the depth is permuted, as SharedTile reads second operands by
  /// depth: columns 2 n and 2 n + 1 of a result are numbers n and n + 4 of the depth.
  SmallVector<Value> roundToOperand(ImplicitLocOpBuilder &b, const ResultFragment &left, const ResultFragment &right) const;
  /// result + lhs * rhs.
  ResultFragment multiplyAdd(ImplicitLocOpBuilder &b, ValueRange lhs, ValueRange rhs, const ResultFragment &result) const;

private:
  static constexpr int64_t kBlocksAhead = 10;
  /// What is left of 255 holds addresses.
  static constexpr int64_t kThreadRegisters = 240;

  int64_t countParts() const { return isSplit() ? 2 : 1; }
  ResultFragment multiplyAddSplit(ImplicitLocOpBuilder &b, ValueRange lhs, ValueRange rhs, const ResultFragment &result) const;

  Type element;
  bool isSingle = false;
};

/// `first` and `second` rounded to `element` (bf16 or f16), in one i32, `first` in the low half.
Value packPair(ImplicitLocOpBuilder &b, Type element, Value first, Value second);

} // namespace mlir::attn

#endif // ATTN_CODEGEN_NVPTX_WARPPRODUCT_H
