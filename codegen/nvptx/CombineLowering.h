//===- CombineLowering.h - partial results to results -----------*- C++ -*-===//
//
// A block is one row. Its warps take the chunks in turn, several at once because each has to come from afar; then the first warp joins them.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_CODEGEN_NVPTX_COMBINELOWERING_H
#define ATTN_CODEGEN_NVPTX_COMBINELOWERING_H

#include "codegen/nvptx/GpuMachine.h"
#include "codegen/nvptx/PartialRows.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace mlir::attn {

/// Rewrites a stage that merges what another has kept, a row at a time.
class CombineLowering {
public:
  explicit CombineLowering(func::FuncOp stage) : stage(stage), b(stage.getLoc(), stage.getContext()) {}

  LogicalResult run();
  int64_t getThreads() const;
  int64_t getSharedBytes() const;

private:
  /// A state of one row: statistics, and pairs of columns as a lane holds them.
  struct RowState {
    SmallVector<Value> statistics, numbers;
  };

  void prepare(ReducePartialsOp op);
  int64_t countPairs() const;
  StoreColumns getColumns();
  RowState init();
  RowState load(const PartialMemory &memory, Value row);
  RowState merge(const RowState &lhs, const RowState &rhs);
  SmallVector<Value> flatten(const RowState &state);
  RowState unflatten(ValueRange values);
  RowState mergeChunks(ReducePartialsOp op);
  Value getSharedNumber(Value warp, int64_t number);
  void finalize(FinalizeRowsOp op, const RowState &state);

  func::FuncOp stage;
  ImplicitLocOpBuilder b;
  NormalizerAttrInterface normalizer;
  int64_t width = 0;
  Value lane, warp; // i32
};

} // namespace mlir::attn

#endif // ATTN_CODEGEN_NVPTX_COMBINELOWERING_H
