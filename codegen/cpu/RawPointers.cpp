//===- RawPointers.cpp - addresses inside views ---------------------------===//

#include "codegen/cpu/RawPointers.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

namespace mlir::attn {

static Value toInt64(ImplicitLocOpBuilder &b, Value value) {
  return value.getType().isIndex() ? Value(arith::IndexCastOp::create(b, b.getI64Type(), value)) : value;
}

static int64_t elementBytes(Value view) { return cast<MemRefType>(view.getType()).getElementTypeBitWidth() / 8; }

Value int64Constant(ImplicitLocOpBuilder &b, int64_t value) { return arith::ConstantOp::create(b, b.getI64IntegerAttr(value)); }

Value advancePointer(ImplicitLocOpBuilder &b, Value pointer, Value bytes) {
  return LLVM::GEPOp::create(b, pointer.getType(), b.getI8Type(), pointer, ValueRange{toInt64(b, bytes)});
}

Value rowStrideBytes(ImplicitLocOpBuilder &b, Value view) {
  Value stride = memref::ExtractStridedMetadataOp::create(b, view).getStrides()[0];
  return toInt64(b, arith::MulIOp::create(b, stride, indexConstant(b, elementBytes(view))));
}

Value elementPointer(ImplicitLocOpBuilder &b, Value view, Value row, Value column) {
  auto metadata = memref::ExtractStridedMetadataOp::create(b, view);
  Value elements = addIndex(b, metadata.getOffset(), arith::MulIOp::create(b, row, metadata.getStrides()[0]));
  Value bytes = arith::MulIOp::create(b, addIndex(b, elements, column), indexConstant(b, elementBytes(view)));
  Value address = addIndex(b, memref::ExtractAlignedPointerAsIndexOp::create(b, view), bytes);
  return LLVM::IntToPtrOp::create(b, LLVM::LLVMPointerType::get(b.getContext()), toInt64(b, address));
}

void storeThroughPointer(ImplicitLocOpBuilder &b, Value vector, Value pointer, Value index) {
  unsigned bytes = cast<VectorType>(vector.getType()).getElementTypeBitWidth() / 8;
  Value offset = arith::MulIOp::create(b, index, indexConstant(b, bytes));
  LLVM::StoreOp::create(b, vector, advancePointer(b, pointer, offset), /*alignment=*/bytes);
}

} // namespace mlir::attn
