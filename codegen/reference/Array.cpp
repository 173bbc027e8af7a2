//===- Array.cpp - a value of the interpreter -----------------------------===//

#include "codegen/reference/Array.h"

using namespace mlir;
using namespace mlir::attn::reference;

int64_t mlir::attn::reference::countElements(ArrayRef<int64_t> shape) {
  int64_t count = 1;
  for (int64_t size : shape)
    count *= size;
  return count;
}

Array::Array(Type elementType, ArrayRef<int64_t> shape, double fill)
    : elementType(elementType), shape(shape), elements(countElements(shape), fill) {}

int64_t Array::offset(ArrayRef<int64_t> indices) const {
  int64_t result = 0;
  for (auto [index, size] : llvm::zip_equal(indices, shape))
    result = result * size + index;
  return result;
}
