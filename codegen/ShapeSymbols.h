//===- ShapeSymbols.h - the run-time sizes of a function --------*- C++ -*-===//
//
// The dynamic dimensions of a function's tensors fall into classes that must have one size: the batch of q, k and v, the keys
// of k and v, and so on. Each class is a symbol with the name the field gives it: B, Tq, Tk.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_CODEGEN_SHAPESYMBOLS_H
#define ATTN_CODEGEN_SHAPESYMBOLS_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/DenseMap.h"

#include <string>

namespace mlir::attn {

/// The size of one dimension: a number, or a symbol.
struct Extent {
  /// The size where it is static, else ShapedType::kDynamic.
  int64_t size = ShapedType::kDynamic;
  /// The index of its symbol where it is dynamic, else -1.
  int32_t symbol = -1;

  bool isStatic() const { return symbol < 0; }
  /// The size, given one size for each symbol.
  int64_t evaluate(ArrayRef<int64_t> symbolSizes) const { return isStatic() ? size : symbolSizes[symbol]; }
  bool operator==(const Extent &other) const { return size == other.size && symbol == other.symbol; }
};

/// The extents of all tensors of a function's signature.
struct ShapeSymbols {
  /// Names, all different, in order of first appearance in the arguments: B (batch), Tq (queries), Tk (keys), N (anything
  /// else), each followed by 1, 2, ... where further dimensions of that meaning may differ from the first.
  SmallVector<std::string> names;
  /// For each argument and each result the extents of its dimensions; none for scalars. A dimension that the type leaves open
  /// is static where the operations fix it.
  SmallVector<SmallVector<Extent>> arguments;
  SmallVector<SmallVector<Extent>> results;
  /// For each argument that holds key lengths, the numbers of keys that bound its elements from above; none for others.
  SmallVector<SmallVector<Extent, 1>> valueBounds;

  /// The extents of every tensor in the function's own body, arguments included. A dimension that follows from no argument has
  /// neither a size nor a symbol.
  llvm::DenseMap<Value, SmallVector<Extent>> values;

  /// The index of a name, or -1.
  int32_t find(StringRef name) const;
};

/// Finds the symbols of a specification-phase function from its operations; calls are followed. Fails, with an error at the
/// operation, where sizes contradict each other, a call is recursive or unknown, or the size of a result follows from no
/// argument.
FailureOr<ShapeSymbols> inferShapeSymbols(func::FuncOp function);

} // namespace mlir::attn

#endif // ATTN_CODEGEN_SHAPESYMBOLS_H
