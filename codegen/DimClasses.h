//===- DimClasses.h - dimensions that must have one size --------*- C++ -*-===//

#ifndef ATTN_CODEGEN_DIMCLASSES_H
#define ATTN_CODEGEN_DIMCLASSES_H

#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Value.h"
#include "llvm/ADT/DenseMap.h"

namespace mlir::attn {

/// Classes of tensor dimensions that must have one size, each with its static size and its meaning where they are known.
class DimClasses {
public:
  /// The class of a dimension of a ranked tensor. Stable only until the next call of unite().
  unsigned find(Value tensor, unsigned dim);
  /// Says that two dimensions have one size; fails where their static sizes differ.
  LogicalResult unite(Value a, unsigned dimA, Value b, unsigned dimB);
  /// All dimensions of two tensors, pairwise.
  LogicalResult uniteAll(Value a, Value b);
  /// Fixes the size of a dimension; fails where it is another one already.
  LogicalResult setSize(Value tensor, unsigned dim, int64_t size);
  /// Gives a dimension's class its meaning ("B", "Tq", ...) unless it has one.
  void setMeaning(Value tensor, unsigned dim, StringRef meaning);

  /// ShapedType::kDynamic where no member is static.
  int64_t getSize(unsigned root) const { return classes[root].size; }
  /// Empty where none was set.
  StringRef getMeaning(unsigned root) const { return classes[root].meaning; }

private:
  struct Class {
    unsigned parent;
    int64_t size;
    StringRef meaning;
  };
  unsigned findRoot(unsigned node);

  llvm::DenseMap<std::pair<Value, unsigned>, unsigned> nodes;
  SmallVector<Class> classes;
};

} // namespace mlir::attn

#endif // ATTN_CODEGEN_DIMCLASSES_H
