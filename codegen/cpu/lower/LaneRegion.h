//===- LaneRegion.h - score arithmetic on lanes -----------------*- C++ -*-===//
//
// A score region is scalar. A kernel applies it to a vector of scores: what depends on the lane becomes a vector operation, the rest
// stays scalar. What depends on neither key nor score is computed once, at the top of the kernel.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_CODEGEN_CPU_LOWER_LANEREGION_H
#define ATTN_CODEGEN_CPU_LOWER_LANEREGION_H

#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "mlir/IR/Region.h"
#include <map>

namespace mlir::attn {

/// The arguments of a score region in a kernel: batch and the others as an index, or as a vector of i32 where they differ from lane to lane.
struct LaneArguments {
  Value batch, head, query, key;
};

/// Applies one score region; an instance serves one kernel function.
class LaneRegion {
public:
  /// `captured` are the values from outside that the region uses (getCaptured), as the kernel's arguments.
  LaneRegion(Region &region, ValueRange captured);

  /// Values that the region uses and does not define, in order of first use.
  static SmallVector<Value> getCaptured(Region &region);
  /// A text that is equal for regions that compute the same from their captured values.
  static std::string getFingerprint(Region &region);

  /// The new score of each lane. `rowLanes` numbers the arguments: calls with the same number pass the same head and query, defined at the top
  /// of the function, so that what follows from them is shared. `score` is a vector of f32.
  Value apply(ImplicitLocOpBuilder &b, Value score, const LaneArguments &arguments, unsigned rowLanes);

private:
  /// Region values in one kernel, for one number of `rowLanes`.
  using ValueMap = llvm::DenseMap<Value, Value>;

  Value emitOperation(ImplicitLocOpBuilder &b, Operation &op, const ValueMap &values, unsigned lanes);
  Value emitLoad(ImplicitLocOpBuilder &b, Operation &op, ArrayRef<Value> operands, unsigned lanes);
  Value emitElementwise(ImplicitLocOpBuilder &b, Operation &op, ArrayRef<Value> operands, unsigned lanes);

  Region &region;
  ValueMap captured;
  /// Operations that depend on neither the score nor the key.
  llvm::DenseSet<Operation *> rowOnly;
  std::map<unsigned, ValueMap> rowValues;
};

} // namespace mlir::attn

#endif // ATTN_CODEGEN_CPU_LOWER_LANEREGION_H
