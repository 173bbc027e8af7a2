//===- RowFragments.h - rows as the threads of a warp hold them -*- C++ -*-===//
//
// A product of matrices leaves its result in fragments: of each 16 x 8 block a thread holds two numbers of row lane / 4 and two of the row eight
// below it. mma.sync and each warp of wgmma agree in this, so that what happens between the products is written once, here: positions, score
// arithmetic, masks, the steps of the normaliser, merges and results.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_CODEGEN_NVPTX_ROWFRAGMENTS_H
#define ATTN_CODEGEN_NVPTX_ROWFRAGMENTS_H

#include "codegen/lower/TileWork.h"
#include "codegen/nvptx/RowStore.h"
#include "codegen/nvptx/ScoreRegion.h"
#include "codegen/nvptx/WarpProduct.h"

namespace mlir::attn {

/// Sizes of a warp's part of a tile.
struct FragmentShape {
  int64_t tileRows; // rows of the tile, over all warps
  int64_t warpRows; // rows of one warp
  int64_t keys;     // keys of a key tile; 0 where there are none
  int64_t valueDim;
  int64_t columnWarps = 1; // warps that share the columns of a row; more than one only when states are joined
  unsigned chains = 1;     // of additions along a row that do not wait for each other

  unsigned getRowBlocks() const { return warpRows / 16; }
  unsigned getKeyBlocks() const { return keys / 8; }
  /// Columns are computed sixteen at a time.
  unsigned getValueBlocks() const { return ((valueDim + 15) / 16 * 2 + columnWarps - 1) / columnWarps; }
};

class RowFragments {
public:
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
  /// A column of the view, counted in this thread's columns: `columns` (i32) and `more`. Null where there is no bound.
  struct Bound {
    Value columns;
    int64_t more = 0;
  };
  /// What the rows see: the first column and the first one behind, of each row and of all of them. Both bounds hold.
  struct RowGuards {
    SmallVector<std::pair<Bound, Bound>> rows;
    std::pair<Bound, Bound> all;
  };

  /// `lane`: the thread's number in its warp; `firstWarpRow`: the warp's first row in the tile; `columnWarp`: its number among the warps that share
  /// columns, null where there is one (all i32).
  RowFragments(ImplicitLocOpBuilder &b, NormalizerAttrInterface normalizer, FragmentShape shape, Value lane, Value firstWarpRow, Value columnWarp = {});

  const FragmentShape &getShape() const { return shape; }
  NormalizerAttrInterface getNormalizer() const { return normalizer; }
  unsigned getRowCount() const { return 2 * shape.getRowBlocks(); }
  /// The thread's row `row` in the tile (i32).
  Value getRowInTile(unsigned row);
  /// The columns of accumulators that this thread holds.
  StoreColumns getColumns() const;
  /// The numbers of a row (two for each block of columns) as (block, number) pairs.
  SmallVector<std::pair<unsigned, unsigned>> getRowNumbers(unsigned row, unsigned columnBlocks);
  SmallVector<ThreadRow> getThreadRows(QueryViewOp view, Value rowTile);

  State init();
  /// A finished result as a state. Rows and columns that do not exist repeat others, and are not stored.
  State loadFinished(LoadFinishedOp op);
  State merge(const State &lhs, const State &rhs);
  /// The state with the statistics of all keys in each of the four lanes of a row.
  State joinLanes(const State &state);
  /// Writes the results of `op` behind it. `inChunks`: lanes exchange them so that each stores 16 bytes at once, which pays where rows are many.
  void finalize(FinalizeRowsOp op, const State &state, bool inChunks);
  /// The two halves of this: accumulators become outputs, and what else is known of each row is returned;
  SmallVector<FinalResult> finish(State &state);
  /// what is known of rows is written, without their outputs.
  void writeStatistics(RowStore &store, ArrayRef<FinalResult> results);
  SmallVector<Value> flatten(const State &state);
  State unflatten(ValueRange values);

  /// Arithmetic on scores, prepared before a loop over key tiles. The rows are those of getThreadRows.
  ScoreRegion prepareRegion(Region &region, ArrayRef<ThreadRow> rows, Value batch);
  /// Begins a key tile whose first key is `firstKey` (index) for a prepared region.
  void beginTile(ScoreRegion &region, KeyViewOp keys, Value firstKey);
  /// What the scores of block `block` start from: zeros, or a bias. Best asked for where the first product begins, so that few registers hold it.
  ResultFragment startScores(ScoreRegion *bias, unsigned block);
  /// Score arithmetic and the mask of a key tile whose first key is `firstKey` (index).
  void applyMap(ScoreRegion &map, KeyViewOp keys, Value firstKey, Scores &scores);
  /// What applyRestrict needs of the rows. It does not depend on the key tile, so that it is computed before a loop.
  RowGuards getGuards(RestrictOp restrict, KeyViewOp keys, ArrayRef<ThreadRow> rows, QueryViewOp view);
  void applyRestrict(RestrictOp restrict, KeyViewOp keys, Value firstKey, ArrayRef<ThreadRow> rows, const RowGuards &guards, QueryViewOp view,
                     Scores &scores);
  /// Scores become weights and statistics are stepped. Returns the factor of each row's accumulators; null where it is always 1.
  SmallVector<Value> step(StepOp step, SmallVector<SmallVector<Value>> &statistics, Scores &scores);
  void rescale(ArrayRef<Value> factors, SmallVector<ResultFragment> &accumulators);
  /// Both, for a warp of its own. Accumulators are multiplied only in the key tiles in which the factor of one of the warp's rows is not 1, which become
  /// rare in long sequences; and the branch keeps the assembler from mixing weights with what comes before them, for which it has no registers.
  void stepAndRescale(StepOp step, State &state, Scores &scores);

private:
  /// Calls a function for each score of a row and its column.
  using ForEachScore = llvm::function_ref<void(llvm::function_ref<void(int64_t column, Value &score)>)>;

  void applyCap(ScoreRegion &map, unsigned row, ForEachScore forEach);
  /// Column (i32) of number `number` of column block `block`.
  Value getColumn(unsigned block, unsigned number);
  Value getFirstKey(KeyViewOp view, Value firstKey);
  /// How many of this thread's columns of the view lie before key `bound` (i64).
  Value countColumns(Value bound);
  std::pair<Bound, Bound> getGuard(SegmentAttr segment, RestrictOp restrict, QueryViewOp view, const ThreadRow &row, Value extent);
  /// A bit for each number of row `row` in a tile whose first column is `firstColumn` of the thread's: set where it is hidden.
  SmallVector<Value> getHiddenWords(const RowGuards &guards, unsigned row, Value firstColumn);
  Value testVisible(ArrayRef<Value> hiddenWords, int64_t number);
  /// The value of the lane whose number differs in the bit `distance`.
  SmallVector<Value> mergeQuad(SmallVector<Value> statistics);
  Value reduceOverQuad(Value value, llvm::function_ref<Value(Value, Value)> combine);
  Value combineRow(unsigned row, const Scores &scores, llvm::function_ref<Value(Value, Value)> combine);
  /// A step of one row: what its scores are compared with, and then their weights and its statistics.
  StepStart beginStep(StepOp step, unsigned row, ValueRange statistics, const Scores &scores);
  SmallVector<Value> endStep(StepOp step, unsigned row, const StepStart &start, Scores &scores);
  void rescaleIfNeeded(ArrayRef<Value> factors, SmallVector<ResultFragment> &accumulators);

  ImplicitLocOpBuilder &b;
  NormalizerAttrInterface normalizer;
  FragmentShape shape;
  Value firstWarpRow, quadColumn, quadRow; // i32
};

/// An index as i32: as many rows of any head as memory holds, and a tile more, can be counted in it.
Value toI32(ImplicitLocOpBuilder &b, Value index);

} // namespace mlir::attn

#endif // ATTN_CODEGEN_NVPTX_ROWFRAGMENTS_H
