//===- Array.h - a value of the interpreter ---------------------*- C++ -*-===//

#ifndef ATTN_CODEGEN_REFERENCE_ARRAY_H
#define ATTN_CODEGEN_REFERENCE_ARRAY_H

#include "mlir/IR/Types.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallVector.h"

#include <vector>

namespace mlir::attn::reference {

/// A dense tensor, or a scalar as a tensor of rank 0. Every element is a double, whatever the element type says: floats are
/// exact unless an operation rounds them, integers below 2^53 are exact, i1 is 0 or 1.
struct Array {
  Type elementType;
  SmallVector<int64_t> shape;
  std::vector<double> elements;

  Array() = default;
  /// All elements are `fill`.
  Array(Type elementType, ArrayRef<int64_t> shape, double fill = 0.0);
  static Array scalar(Type type, double value) { return Array(type, {}, value); }

  int64_t size(unsigned dim) const { return shape[dim]; }
  /// The position of an element in `elements`; the indices must lie inside.
  int64_t offset(ArrayRef<int64_t> indices) const;
  double at(ArrayRef<int64_t> indices) const { return elements[offset(indices)]; }
  double &at(ArrayRef<int64_t> indices) { return elements[offset(indices)]; }
  /// The innermost row at [b, h, i] of a tensor of rank 4.
  const double *row(int64_t b, int64_t h, int64_t i) const {
    return elements.data() + ((b * shape[1] + h) * shape[2] + i) * shape[3];
  }
  double *row(int64_t b, int64_t h, int64_t i) { return elements.data() + ((b * shape[1] + h) * shape[2] + i) * shape[3]; }
};

/// The number of elements of a shape; 1 for a scalar.
int64_t countElements(ArrayRef<int64_t> shape);

} // namespace mlir::attn::reference

#endif // ATTN_CODEGEN_REFERENCE_ARRAY_H
