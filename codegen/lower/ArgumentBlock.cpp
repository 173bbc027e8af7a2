//===- ArgumentBlock.cpp - arguments as a kernel receives them ------------===//

#include "codegen/lower/ArgumentBlock.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "runtime/attn_abi.h"

using namespace mlir;
using namespace mlir::attn;

static constexpr int64_t kWordsOfTensor = sizeof(attn_view) / sizeof(int64_t);

static Value i64Constant(ImplicitLocOpBuilder &b, int64_t value) {
  return LLVM::ConstantOp::create(b, b.getI64Type(), b.getI64IntegerAttr(value));
}

static LLVM::LLVMPointerType pointerType(ImplicitLocOpBuilder &b) { return LLVM::LLVMPointerType::get(b.getContext()); }

Value attn::buildMemRef(ImplicitLocOpBuilder &b, MemRefType type, Value pointer, ArrayRef<Value> sizes, ArrayRef<Value> strides) {
  // The descriptor that memref lowering uses; the cast disappears when everything is in the LLVM dialect.
  int64_t rank = type.getRank();
  Type i64 = b.getI64Type();
  SmallVector<Type> fields = {pointerType(b), pointerType(b), i64};
  if (rank > 0)
    fields.append(2, LLVM::LLVMArrayType::get(i64, rank));
  auto structType = LLVM::LLVMStructType::getLiteral(b.getContext(), fields);
  Value descriptor = LLVM::UndefOp::create(b, structType);
  auto insert = [&](Value value, ArrayRef<int64_t> position) {
    descriptor = LLVM::InsertValueOp::create(b, descriptor, value, position);
  };
  insert(pointer, {0});
  insert(pointer, {1});
  insert(i64Constant(b, 0), {2});
  auto [staticStrides, offset] = type.getStridesAndOffset();
  for (int64_t dim = 0; dim < rank; ++dim) {
    insert(type.isDynamicDim(dim) ? sizes[dim] : i64Constant(b, type.getDimSize(dim)), {3, dim});
    insert(ShapedType::isDynamic(staticStrides[dim]) ? strides[dim] : i64Constant(b, staticStrides[dim]), {4, dim});
  }
  return UnrealizedConversionCastOp::create(b, type, descriptor).getResult(0);
}

Value attn::buildOffsetPointer(ImplicitLocOpBuilder &b, Value base, Value offset) {
  return LLVM::GEPOp::create(b, pointerType(b), b.getI8Type(), base, ArrayRef<LLVM::GEPArg>{offset});
}

Value attn::buildMemRefAt(ImplicitLocOpBuilder &b, MemRefType type, Value base, int64_t offset) {
  return buildMemRef(b, type, buildOffsetPointer(b, base, i64Constant(b, offset)), {}, {});
}

static Value readWord(ImplicitLocOpBuilder &b, Value pointer, int64_t word, Type type) {
  Value address = LLVM::GEPOp::create(b, pointerType(b), b.getI64Type(), pointer, ArrayRef<LLVM::GEPArg>{int32_t(word)});
  return LLVM::LoadOp::create(b, type, address);
}

static Value readNumber(ImplicitLocOpBuilder &b, Value pointer, int64_t word, Type type) {
  if (isa<FloatType>(type))
    return readWord(b, pointer, word, type);
  Value number = readWord(b, pointer, word, b.getI64Type());
  if (type.isIndex())
    return arith::IndexCastOp::create(b, type, number);
  return type.isInteger(64) ? number : Value(arith::TruncIOp::create(b, type, number));
}

static Value readTensor(ImplicitLocOpBuilder &b, Value pointer, int64_t word, MemRefType type) {
  SmallVector<Value> sizes, strides;
  for (int64_t dim = 0; dim < type.getRank(); ++dim) {
    sizes.push_back(readWord(b, pointer, word + 1 + dim, b.getI64Type()));
    strides.push_back(readWord(b, pointer, word + 1 + ATTN_MAX_RANK + dim, b.getI64Type()));
  }
  return buildMemRef(b, type, readWord(b, pointer, word, pointerType(b)), sizes, strides);
}

int64_t attn::countArgumentWords(TypeRange types) {
  return llvm::sum_of(llvm::map_range(types, [](Type type) { return isa<MemRefType>(type) ? kWordsOfTensor : int64_t(1); }));
}

SmallVector<Value> attn::readArguments(ImplicitLocOpBuilder &b, Value pointer, TypeRange types) {
  SmallVector<Value> arguments;
  int64_t word = 0;
  for (Type type : types) {
    auto memref = dyn_cast<MemRefType>(type);
    arguments.push_back(memref ? readTensor(b, pointer, word, memref) : readNumber(b, pointer, word, type));
    word += memref ? kWordsOfTensor : 1;
  }
  return arguments;
}
