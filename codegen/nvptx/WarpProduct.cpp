//===- WarpProduct.cpp - matrix products of a warp ------------------------===//

#include "codegen/nvptx/WarpProduct.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"

using namespace mlir;
using namespace mlir::attn;

/// f16 operands are pairs by type, bf16 operands plain words.
static SmallVector<Value> asOperands(ImplicitLocOpBuilder &b, Type element, ValueRange words) {
  if (element.isBF16())
    return SmallVector<Value>(words);
  return llvm::map_to_vector(words, [&](Value word) -> Value { return LLVM::BitcastOp::create(b, VectorType::get({2}, element), word); });
}

ResultFragment attn::multiplyAdd(ImplicitLocOpBuilder &b, Type element, ValueRange lhs, ValueRange rhs, const ResultFragment &result) {
  Type f32 = b.getF32Type();
  auto type = LLVM::LLVMStructType::getLiteral(b.getContext(), {f32, f32, f32, f32});
  NVVM::MMATypes types = element.isBF16() ? NVVM::MMATypes::bf16 : NVVM::MMATypes::f16;
  Value product = NVVM::MmaOp::create(b, type, asOperands(b, element, lhs), asOperands(b, element, rhs), ValueRange(result), ArrayRef<int64_t>{16, 8, 16},
                                      std::nullopt, std::nullopt, std::array<NVVM::MMATypes, 2>{types, types},
                                      std::array<NVVM::MMALayout, 2>{NVVM::MMALayout::row, NVVM::MMALayout::col});
  ResultFragment numbers;
  for (int64_t n = 0; n < 4; ++n)
    numbers.push_back(LLVM::ExtractValueOp::create(b, product, n));
  return numbers;
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

SmallVector<Value> attn::roundToOperand(ImplicitLocOpBuilder &b, Type element, const ResultFragment &left, const ResultFragment &right) {
  return {packPair(b, element, left[0], left[1]), packPair(b, element, left[2], left[3]), packPair(b, element, right[0], right[1]),
          packPair(b, element, right[2], right[3])};
}
