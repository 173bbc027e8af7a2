//===- VectorEmission.cpp - small pieces every CPU emitter needs ----------===//

#include "codegen/cpu/VectorEmission.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

namespace mlir::attn {

VectorType vectorOf(unsigned lanes, Type element) { return VectorType::get({int64_t(lanes)}, element); }

MemRefType denseMatrix(int64_t rows, int64_t columns, Type element) { return MemRefType::get({rows, columns}, element); }

MemRefType stridedView(unsigned rank, Type element) {
  SmallVector<int64_t> shape(rank, ShapedType::kDynamic), strides(rank, ShapedType::kDynamic);
  strides.back() = 1;
  return MemRefType::get(shape, element, StridedLayoutAttr::get(element.getContext(), ShapedType::kDynamic, strides));
}

Value indexConstant(ImplicitLocOpBuilder &b, int64_t value) { return arith::ConstantIndexOp::create(b, value); }

Value floatConstant(ImplicitLocOpBuilder &b, Type type, double value) {
  TypedAttr attr = b.getFloatAttr(getElementTypeOrSelf(type), value);
  if (auto shaped = dyn_cast<ShapedType>(type))
    attr = SplatElementsAttr::get(shaped, attr);
  return arith::ConstantOp::create(b, attr);
}

Value splat(ImplicitLocOpBuilder &b, Type type, Value value) {
  return value.getType() == type ? value : vector::BroadcastOp::create(b, type, value);
}

Value addIndex(ImplicitLocOpBuilder &b, Value index, int64_t constant) {
  return constant == 0 ? index : arith::AddIOp::create(b, index, indexConstant(b, constant));
}

Value addIndex(ImplicitLocOpBuilder &b, Value lhs, Value rhs) { return arith::AddIOp::create(b, lhs, rhs); }

Value largerOf(ImplicitLocOpBuilder &b, Value candidate, Value current) {
  Value greater = arith::CmpFOp::create(b, arith::CmpFPredicate::OGT, candidate, current);
  return arith::SelectOp::create(b, greater, candidate, current);
}

static llvm::MaybeAlign alignmentOf(VectorType type) {
  unsigned bytes = type.getNumElements() * type.getElementTypeBitWidth() / 8;
  return llvm::MaybeAlign(std::min(bytes, kScratchAlignment));
}

Value loadAligned(ImplicitLocOpBuilder &b, VectorType type, Value memref, ValueRange indices) {
  return vector::LoadOp::create(b, type, memref, indices, /*nontemporal=*/false, alignmentOf(type));
}

void storeAligned(ImplicitLocOpBuilder &b, Value vector, Value memref, ValueRange indices) {
  vector::StoreOp::create(b, vector, memref, indices, /*nontemporal=*/false, alignmentOf(cast<VectorType>(vector.getType())));
}

/// The same bits as integers or back. Below AVX-512, LLVM cannot cut or fill vectors of 16-bit floats.
static Value reinterpret(ImplicitLocOpBuilder &b, Value vector, Type element) {
  auto type = cast<VectorType>(vector.getType());
  return type.getElementType() == element ? vector : arith::BitcastOp::create(b, type.clone(element), vector);
}

Value loadPartial(ImplicitLocOpBuilder &b, Type element, unsigned count, unsigned lanes, Value memref, ValueRange indices) {
  Value part = vector::LoadOp::create(b, vectorOf(count, element), memref, indices);
  if (count == lanes)
    return part;
  Type integer = b.getIntegerType(element.getIntOrFloatBitWidth());
  Value zero = arith::ConstantOp::create(b, b.getZeroAttr(vectorOf(lanes, integer)));
  Value filled =
      vector::InsertStridedSliceOp::create(b, reinterpret(b, part, integer), zero, ArrayRef<int64_t>{0}, ArrayRef<int64_t>{1});
  return reinterpret(b, filled, element);
}

void storePartial(ImplicitLocOpBuilder &b, Value vector, unsigned count, Value memref, ValueRange indices) {
  auto type = cast<VectorType>(vector.getType());
  if (count != type.getNumElements()) {
    vector = reinterpret(b, vector, b.getIntegerType(type.getElementTypeBitWidth()));
    vector = vector::ExtractStridedSliceOp::create(b, vector, ArrayRef<int64_t>{0}, ArrayRef<int64_t>{int64_t(count)},
                                                   ArrayRef<int64_t>{1});
    vector = reinterpret(b, vector, type.getElementType());
  }
  vector::StoreOp::create(b, vector, memref, indices);
}

Value widen(ImplicitLocOpBuilder &b, Value vector) {
  auto type = cast<VectorType>(vector.getType());
  if (type.getElementType().isF32())
    return vector;
  return arith::ExtFOp::create(b, type.clone(b.getF32Type()), vector);
}

Value narrow(ImplicitLocOpBuilder &b, Value vector, Type element) {
  auto type = cast<VectorType>(vector.getType());
  if (type.getElementType() == element)
    return vector;
  return arith::TruncFOp::create(b, type.clone(element), vector);
}

SmallVector<Value> forLoop(ImplicitLocOpBuilder &b, Value lower, Value upper, int64_t step, ValueRange init,
                           llvm::function_ref<SmallVector<Value>(Value, ValueRange)> body) {
  auto loop = scf::ForOp::create(b, lower, upper, indexConstant(b, step), init,
                                 [&](OpBuilder &nested, Location loc, Value index, ValueRange carried) {
                                   OpBuilder::InsertionGuard guard(b);
                                   b.setInsertionPointToStart(nested.getInsertionBlock());
                                   scf::YieldOp::create(b, body(index, carried));
                                 });
  return SmallVector<Value>(loop.getResults());
}

void forLoop(ImplicitLocOpBuilder &b, Value lower, Value upper, int64_t step, llvm::function_ref<void(Value)> body) {
  forLoop(b, lower, upper, step, ValueRange(), [&](Value index, ValueRange) {
    body(index);
    return SmallVector<Value>();
  });
}

func::FuncOp beginFunction(ImplicitLocOpBuilder &b, ModuleOp module, llvm::StringRef name, TypeRange arguments) {
  b.setInsertionPointToEnd(module.getBody());
  auto function = func::FuncOp::create(b, name, b.getFunctionType(arguments, {}));
  function.setPrivate();
  b.setInsertionPointToStart(function.addEntryBlock());
  return function;
}

} // namespace mlir::attn
