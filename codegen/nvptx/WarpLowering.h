//===- WarpLowering.h - one stage, from tiles to warps ----------*- C++ -*-===//
//
// A row tile is a block of threads, its panels are the block's warps. A warp keeps the state of its rows in registers: accumulators as fragments
// of mma.sync results, statistics once for each of a thread's rows. Keys and values pass through shared memory, one tile of each: the values of
// a tile arrive while its scores are computed, the next keys while the weights and their products are.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_CODEGEN_NVPTX_WARPLOWERING_H
#define ATTN_CODEGEN_NVPTX_WARPLOWERING_H

#include "codegen/nvptx/GlobalView.h"
#include "codegen/nvptx/GpuMachine.h"
#include "codegen/nvptx/RowFragments.h"
#include "codegen/nvptx/SharedTile.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace mlir::attn {

/// Rewrites the tile operations of one stage function for the threads of a block.
class WarpLowering {
public:
  /// `isAligned`: rows of all operands begin at multiples of 16 bytes, which asynchronous copies need.
  WarpLowering(func::FuncOp stage, const GpuMachine &machine, bool isAligned)
      : stage(stage), machine(machine), isAligned(isAligned), b(stage.getLoc(), stage.getContext()) {}

  LogicalResult run();
  int64_t getThreads() const { return thread.count; }
  int64_t getSharedBytes() const { return sharedBytes; }

private:
  LogicalResult prepare();
  LogicalResult prepareProducts(ForPanelsOp panels);
  void prepareThreads(NormalizerAttrInterface normalizer, FragmentShape shape);
  LogicalResult lowerOperation(Operation &op);
  LogicalResult lowerSegment(BoundsOp op);
  LogicalResult lowerForKeys(ForKeysOp op);
  void lowerQueries(PackOp op);

  func::FuncOp stage;
  const GpuMachine &machine;
  bool isAligned;
  ImplicitLocOpBuilder b;
  int64_t sharedBytes = 0;

  BlockThread thread;
  WarpProduct product;
  FragmentShape shape = {};
  int64_t keyDim = 0;
  std::optional<SharedTile> queryTile, keyTile, valueTile;
  std::optional<RowFragments> fragments;
  Value firstWarpRow; // i32
  llvm::DenseMap<Value, RowFragments::State> states;
  llvm::DenseMap<Value, Value> segmentEnds;
};

} // namespace mlir::attn

#endif // ATTN_CODEGEN_NVPTX_WARPLOWERING_H
