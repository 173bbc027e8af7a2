//===- WarpProduct.cpp - matrix products of a warp ------------------------===//

#include "codegen/nvptx/WarpProduct.h"
#include "codegen/nvptx/SharedTile.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"

using namespace mlir;
using namespace mlir::attn;

//===----------------------------------------------------------------------===//
// Fragments and lanes
//===----------------------------------------------------------------------===//

SmallVector<Value> attn::flattenFragments(ArrayRef<ResultFragment> fragments) {
  SmallVector<Value> numbers;
  for (const ResultFragment &fragment : fragments)
    llvm::append_range(numbers, fragment);
  return numbers;
}

void attn::assignFragments(MutableArrayRef<ResultFragment> fragments, ValueRange numbers) {
  for (ResultFragment &fragment : fragments)
    for (Value &number : fragment) {
      number = numbers.front();
      numbers = numbers.drop_front();
    }
}

Value attn::exchangeLanes(ImplicitLocOpBuilder &b, Value value, int64_t distance) {
  return NVVM::ShflOp::create(b, value.getType(), i32Constant(b, -1), value, i32Constant(b, distance), i32Constant(b, 31), NVVM::ShflKind::bfly,
                              UnitAttr());
}

//===----------------------------------------------------------------------===//
// Instructions
//===----------------------------------------------------------------------===//

/// f16 operands are pairs by type, those of other types plain words.
static SmallVector<Value> asOperands(ImplicitLocOpBuilder &b, Type element, ValueRange words) {
  if (!element.isF16())
    return SmallVector<Value>(words);
  return llvm::map_to_vector(words, [&](Value word) -> Value { return LLVM::BitcastOp::create(b, VectorType::get({2}, element), word); });
}

/// One mma.sync; lhs: four i32, rhs: two i32. Those of f32 hold numbers of tf32.
static ResultFragment issueProduct(ImplicitLocOpBuilder &b, Type element, ValueRange lhs, ValueRange rhs, const ResultFragment &result) {
  Type f32 = b.getF32Type();
  auto type = LLVM::LLVMStructType::getLiteral(b.getContext(), {f32, f32, f32, f32});
  NVVM::MMATypes types = element.isF32() ? NVVM::MMATypes::tf32 : element.isBF16() ? NVVM::MMATypes::bf16 : NVVM::MMATypes::f16;
  Value product = NVVM::MmaOp::create(b, type, asOperands(b, element, lhs), asOperands(b, element, rhs), ValueRange(result),
                                      ArrayRef<int64_t>{16, 8, element.isF32() ? 8 : 16}, std::nullopt, std::nullopt,
                                      std::array<NVVM::MMATypes, 2>{types, types},
                                      std::array<NVVM::MMALayout, 2>{NVVM::MMALayout::row, NVVM::MMALayout::col});
  ResultFragment numbers;
  for (int64_t n = 0; n < 4; ++n)
    numbers.push_back(LLVM::ExtractValueOp::create(b, product, n));
  return numbers;
}

static Value bitcast(ImplicitLocOpBuilder &b, Type type, Value value) { return LLVM::BitcastOp::create(b, type, value); }

/// The nearest number of tf32.
static Value roundToTf32(ImplicitLocOpBuilder &b, Value word) {
  return NVVM::ConvertFloatToTF32Op::create(b, b.getI32Type(), bitcast(b, b.getF32Type(), word), NVVM::FPRoundingMode::RNA);
}

/// A number as the sum of two of tf32: the nearest one, and the rest, whose bits beyond those of tf32 the product ignores. The rest has 12 bits, so that
/// at most the last one is lost. A NaN may get lost in the first part, but never in the second. The instruction that rounds takes four on Ampere.
static std::pair<Value, Value> splitToTf32(ImplicitLocOpBuilder &b, Value word) {
  constexpr int64_t kIgnoredBits = 13;
  Type f32 = b.getF32Type();
  Value more = arith::AddIOp::create(b, word, i32Constant(b, int64_t(1) << (kIgnoredBits - 1)));
  Value rounded = arith::AndIOp::create(b, more, i32Constant(b, -(int64_t(1) << kIgnoredBits)));
  Value rest = arith::SubFOp::create(b, bitcast(b, f32, word), bitcast(b, f32, rounded));
  return {rounded, bitcast(b, b.getI32Type(), rest)};
}

//===----------------------------------------------------------------------===//
// Operands
//===----------------------------------------------------------------------===//

SmallVector<Value> WarpProduct::prepare(ImplicitLocOpBuilder &b, ValueRange loaded) const {
  if (!element.isF32())
    return SmallVector<Value>(loaded);
  if (isSingle)
    return llvm::map_to_vector(loaded, [&](Value word) { return roundToTf32(b, word); });
  SmallVector<Value> parts, rests;
  for (Value word : loaded) {
    auto [rounded, rest] = splitToTf32(b, word);
    parts.push_back(rounded);
    rests.push_back(rest);
  }
  llvm::append_range(parts, rests);
  return parts;
}

SmallVector<Value> WarpProduct::roundToOperand(ImplicitLocOpBuilder &b, const ResultFragment &left, const ResultFragment &right) const {
  if (!element.isF32())
    return {packPair(b, element, left[0], left[1]), packPair(b, element, left[2], left[3]), packPair(b, element, right[0], right[1]),
            packPair(b, element, right[2], right[3])};
  SmallVector<Value> words;
  for (const ResultFragment &numbers : {left, right})
    for (unsigned n : {0, 2, 1, 3})
      words.push_back(bitcast(b, b.getI32Type(), numbers[n]));
  return prepare(b, words);
}

//===----------------------------------------------------------------------===//
// Products
//===----------------------------------------------------------------------===//

/// An operand's numbers over the first or the second eight of the depth, of part `part`: 0 for what is rounded, 1 for the rest.
static ValueRange selectNumbers(ValueRange operand, unsigned parts, unsigned part, unsigned eight) {
  size_t count = operand.size() / parts / 2;
  return operand.slice((2 * part + eight) * count, count);
}

/// The small products come first: while a sum is small, so is what is cut off of it.
ResultFragment WarpProduct::multiplyAddSplit(ImplicitLocOpBuilder &b, ValueRange lhs, ValueRange rhs, const ResultFragment &result) const {
  ResultFragment sum(4, arith::ConstantOp::create(b, b.getF32FloatAttr(0.0)));
  for (auto [lhsPart, rhsPart] : {std::pair(1, 0), std::pair(0, 1), std::pair(0, 0)})
    for (unsigned eight : {0, 1})
      sum = issueProduct(b, element, selectNumbers(lhs, 2, lhsPart, eight), selectNumbers(rhs, 2, rhsPart, eight), sum);
  for (auto [number, before] : llvm::zip(sum, result))
    number = arith::AddFOp::create(b, before, number);
  return sum;
}

ResultFragment WarpProduct::multiplyAdd(ImplicitLocOpBuilder &b, ValueRange lhs, ValueRange rhs, const ResultFragment &result) const {
  if (isSplit())
    return multiplyAddSplit(b, lhs, rhs, result);
  if (!element.isF32())
    return issueProduct(b, element, lhs, rhs, result);
  ResultFragment sum = result;
  for (unsigned eight : {0, 1})
    sum = issueProduct(b, element, selectNumbers(lhs, 1, 0, eight), selectNumbers(rhs, 1, 0, eight), sum);
  return sum;
}

Value attn::packPair(ImplicitLocOpBuilder &b, Type element, Value first, Value second) {
  auto pair = VectorType::get({2}, element);
  // The instruction takes the high half first.
  auto rounding = NVVM::FPRoundingModeAttr::get(b.getContext(), NVVM::FPRoundingMode::RN);
  auto none = NVVM::SaturationModeAttr::get(b.getContext(), NVVM::SaturationMode::NONE);
  Value rounded;
  if (element.isBF16())
    rounded = NVVM::ConvertF32x2ToBF16x2Op::create(b, pair, second, first, Value(), rounding, none, b.getBoolAttr(false));
  else
    rounded = NVVM::ConvertF32x2ToF16x2Op::create(b, pair, second, first, Value(), rounding, none, b.getBoolAttr(false));
  return LLVM::BitcastOp::create(b, b.getI32Type(), rounded);
}
