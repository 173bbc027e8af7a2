//===- WarpLowering.h - one stage, from tiles to warps ----------*- C++ -*-===//
//
// A row tile is a block of threads, its panels are the block's warps. A warp keeps the state of its rows in registers: accumulators as fragments
// of mma.sync results, statistics once for each of a thread's rows. Keys and values pass through shared memory, one tile of each: the values of
// a tile arrive while its scores are computed, the next keys while the weights and their products are.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_CODEGEN_NVPTX_WARPLOWERING_H
#define ATTN_CODEGEN_NVPTX_WARPLOWERING_H

#include "codegen/lower/TileWork.h"
#include "codegen/nvptx/GlobalView.h"
#include "codegen/nvptx/GpuMachine.h"
#include "codegen/nvptx/SharedTile.h"
#include "codegen/nvptx/WarpProduct.h"
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
  /// A running result: for each row of this thread its statistics, for each 16 x 8 block of this warp's rows its accumulators.
  struct State {
    SmallVector<SmallVector<Value>> statistics;
    SmallVector<ResultFragment> accumulators;
    /// Whether each of the four lanes of a row has the statistics of its own keys only.
    bool isPerLane = true;
  };
  /// A row of this thread.
  struct ThreadRow {
    Value packed;   // index: row of the view, heads of a group counted
    Value position; // index: row of its head in the view, from the origin on
    Value head;     // index: absolute query head
    Value query;    // index: absolute query position
  };
  using Scores = SmallVector<ResultFragment>;

  LogicalResult prepare();
  LogicalResult prepareProducts(ForPanelsOp panels);
  void prepareThreads();
  LogicalResult lowerOperation(Operation &op);
  LogicalResult lowerSegment(BoundsOp op);
  LogicalResult lowerForKeys(ForKeysOp op);
  LogicalResult lowerFinalize(FinalizeRowsOp op);
  void lowerQueries(PackOp op);
  void lowerInit(InitOp op);
  void lowerLoadFinished(LoadFinishedOp op);
  void lowerMergeStates(MergeStatesOp op);

  /// Copies a tile of rows of a view, `first` (i32) being the tile's first row and `count` (i32) the rows of the view.
  void copyRows(SharedTile &tile, const GlobalView &view, Value first, Value count, int64_t rows, int64_t columns);
  Scores buildScores();
  void applyMap(MapOp map, KeyViewOp keys, Value firstKey, ArrayRef<ThreadRow> rows, Value batch, Scores &scores);
  void applyRestrict(RestrictOp restrict, KeyViewOp keys, Value firstKey, ArrayRef<ThreadRow> rows, QueryViewOp view, Scores &scores);
  /// Scores become weights; `state` is stepped and its accumulators are rescaled.
  void stepRow(StepOp step, unsigned row, State &state, Scores &scores);
  void addProducts(const Scores &weights, State &state);
  SmallVector<ThreadRow> getThreadRows(QueryViewOp view, Value rowTile);

  SmallVector<Value> flatten(const State &state);
  State unflatten(ValueRange values);
  /// The numbers of a row (two for each block of columns) as (block, number) pairs.
  SmallVector<std::pair<unsigned, unsigned>> getRowNumbers(unsigned row, unsigned columnBlocks);
  /// Column (i32) of number `number` of column block `block`.
  Value getColumn(unsigned block, unsigned number);
  /// The value of the lane whose number differs in the bit `distance`.
  Value exchange(Value value, int64_t distance);
  SmallVector<Value> mergeQuad(SmallVector<Value> statistics);
  Value reduceOverQuad(Value value, llvm::function_ref<Value(Value, Value)> combine);

  func::FuncOp stage;
  const GpuMachine &machine;
  bool isAligned;
  ImplicitLocOpBuilder b;
  int64_t sharedBytes = 0;

  BlockThread thread;
  Type element;
  NormalizerAttrInterface normalizer;
  int64_t warpRows = 0, tileRows = 0, keys = 0, keyDim = 0, valueDim = 0;
  /// 16-row blocks of a warp, 8-column blocks of its scores and of its accumulators.
  unsigned rowBlocks = 0, keyBlocks = 0, valueBlocks = 0;
  std::optional<SharedTile> queryTile, keyTile, valueTile;
  Value firstWarpRow, quadColumn, quadRow; // i32
  llvm::DenseMap<Value, State> states;
  llvm::DenseMap<Value, Value> segmentEnds;
};

} // namespace mlir::attn

#endif // ATTN_CODEGEN_NVPTX_WARPLOWERING_H
