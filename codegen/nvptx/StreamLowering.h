//===- StreamLowering.h - few rows, many keys -------------------*- C++ -*-===//
//
// A block is a tile of few rows and a chunk of keys, which it reads once: tiles of keys and values pass through a ring in shared memory, all but one
// of them on their way. One barrier a tile says that it is there, and that no warp reads the one before any more, whose place is filled again.
// StreamShape tells how rows and keys are spread over the warps.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_CODEGEN_NVPTX_STREAMLOWERING_H
#define ATTN_CODEGEN_NVPTX_STREAMLOWERING_H

#include "codegen/nvptx/GlobalView.h"
#include "codegen/nvptx/GpuMachine.h"
#include "codegen/nvptx/StreamShape.h"
#include "codegen/nvptx/TileProducts.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace mlir::attn {

/// Rewrites the tile operations of a stage whose key loops have no panels.
class StreamLowering {
public:
  /// `isAligned`: rows of all operands begin at multiples of 16 bytes, which asynchronous copies need.
  StreamLowering(func::FuncOp stage, const GpuMachine &machine, bool isAligned)
      : stage(stage), machine(machine), isAligned(isAligned), b(stage.getLoc(), stage.getContext()) {}

  LogicalResult run();
  int64_t getThreads() const { return thread.count; }
  int64_t getSharedBytes() const { return shape.getSharedBytes(); }

private:
  /// What the loops over the tiles of a segment share.
  struct Ring {
    std::optional<GlobalView> keys, values;
    Value end;  // i32: keys of the segment that exist
    Value slot; // i32: byte in the ring at which the next tile lies
  };

  LogicalResult prepare();
  void prepareWarps(NormalizerAttrInterface normalizer);
  void prepareFragments(NormalizerAttrInterface normalizer, Value firstRow);
  /// What is known of rows is computed anew from here on, with a number that comes out of the last loop and is always zero: kept from before, it would
  /// cost registers in the loops, or local memory.
  void forgetRows();
  LogicalResult lowerOperation(Operation &op);
  void lowerQueries(LoadOp op);
  LogicalResult lowerSegment(BoundsOp op);
  LogicalResult lowerForKeys(ForKeysOp op);
  void buildKeyTile(StepOp step, TileScores &extra, Value tile, Value slot, RowFragments::State &state);

  /// Sends key tile `tile` (i32) and its values on their way to byte `slot` (i32) of the ring.
  void fetchTile(const Ring &ring, Value tile, Value slot);
  void keepQueries();
  /// The state of all keys, in the columns of `joined`.
  const RowFragments::State &join(Value state);

  func::FuncOp stage;
  const GpuMachine &machine;
  bool isAligned;
  ImplicitLocOpBuilder b;

  StreamShape shape = {};
  FragmentShape warpShape = {};
  BlockThread thread;
  Value shared, keyWarp, firstWarp; // i32: number of the warp along the keys, and the first warp with the same rows
  Value firstRow;                   // i32: the warp's first row in the tile
  Value slotBehind;                 // i32: where a ring was left, behind the loops
  std::optional<SharedTile> queryTile, keyTile, valueTile;
  std::optional<RowFragments> fragments, joined;
  SmallVector<RowOperands> queries;
  llvm::DenseMap<Value, Ring> rings; // by view of the keys
  llvm::DenseMap<Value, RowFragments::State> states, joinedStates;
};

} // namespace mlir::attn

#endif // ATTN_CODEGEN_NVPTX_STREAMLOWERING_H
