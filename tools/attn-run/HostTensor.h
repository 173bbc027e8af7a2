//===- HostTensor.h - a tensor in memory ------------------------*- C++ -*-===//

#ifndef ATTN_TOOLS_RUN_HOSTTENSOR_H
#define ATTN_TOOLS_RUN_HOSTTENSOR_H

#include "codegen/reference/Array.h"

#include <cstdlib>
#include <memory>

namespace mlir::attn {

/// A dense tensor in the layout that kernels take: f32, bf16, f16, i32 or i64 elements, the last dimension varying fastest.
class HostTensor {
public:
  /// Zeros. Fails, with a printed error, for sizes that are negative or that this machine's memory cannot hold.
  static FailureOr<HostTensor> create(Type elementType, ArrayRef<int64_t> shape);

  Type getElementType() const { return elementType; }
  ArrayRef<int64_t> getShape() const { return shape; }
  int64_t getNumElements() const { return reference::countElements(shape); }
  int64_t getNumBytes() const;
  void *getData() const { return data.get(); }

  /// Element `index` in memory order; stored floats are rounded to the element type, to nearest even.
  double load(int64_t index) const;
  void store(int64_t index, double value);

  reference::Array toArray() const;
  /// Takes the elements of an array of the same shape.
  void assign(const reference::Array &array);

private:
  struct Free {
    void operator()(void *memory) const { std::free(memory); }
  };

  Type elementType;
  SmallVector<int64_t> shape;
  std::unique_ptr<void, Free> data;
};

/// Bytes of an element of a type that kernels take; 0 for others.
int64_t getElementBytes(Type type);

} // namespace mlir::attn

#endif // ATTN_TOOLS_RUN_HOSTTENSOR_H
