//===- RowStore.h - finished rows to global memory --------------*- C++ -*-===//

#ifndef ATTN_CODEGEN_NVPTX_ROWSTORE_H
#define ATTN_CODEGEN_NVPTX_ROWSTORE_H

#include "codegen/nvptx/GlobalView.h"
#include "dialect/Normalizer.h"

namespace mlir::attn {

/// Which columns of a row a thread holds: `first` + k * `distance` and the one after it, for k = 0, 1, ...
struct StoreColumns {
  Value first;          // i32, even
  int64_t last = 6;     // the largest that `first` is in any thread
  int64_t distance = 8; // even
  /// Whether the columns of every eight are those of four lanes in a row, all of the same row of the tile: `first` is 0, 2, 4, 6 in them.
  bool isQuad = false;
};

/// Where the results of a finalised state go.
class RowStore {
public:
  /// Moves the insertion point of `b` behind the stores of `op`, whose views stand before them.
  RowStore(ImplicitLocOpBuilder &b, FinalizeRowsOp op);

  /// The store of a result; null where nobody asked for it.
  static StoreOp findStore(Value tile);

  QueryViewOp getView() { return output.getView().getDefiningOp<QueryViewOp>(); }
  Value getRowTile() { return output.getIndex(); }

  /// Writes one row, `row` (i64), of `width` columns: `outputs` are the numbers of this thread's columns. Nothing is written beyond the view's rows
  /// and columns.
  void write(ImplicitLocOpBuilder &b, Value row, const StoreColumns &columns, int64_t width, ArrayRef<Value> outputs, const FinalResult &result);

  /// Writes what the row has besides outputs, if anything.
  void writeStatistics(ImplicitLocOpBuilder &b, Value row, const StoreColumns &columns, const FinalResult &result);

private:
  void writeNumbers(ImplicitLocOpBuilder &b, Value row, const StoreColumns &columns, const FinalResult &result);
  void writePairs(ImplicitLocOpBuilder &b, Value address, const StoreColumns &columns, int64_t width, ArrayRef<Value> outputs, bool together);
  void whereRowExists(ImplicitLocOpBuilder &b, Value row, llvm::function_ref<void(Value address)> body);
  /// Whether lanes can exchange columns so that each has whole chunks.
  bool canChunk(const StoreColumns &columns, int64_t width) const;
  void writeChunks(ImplicitLocOpBuilder &b, Value row, const StoreColumns &columns, int64_t width, ArrayRef<Value> outputs);

  StoreOp output, lse, rowMax;
  std::optional<GlobalView> outputView, lseView, rowMaxView;
  Value count, pairsAligned, chunksAligned;
  Type type;
};

} // namespace mlir::attn

#endif // ATTN_CODEGEN_NVPTX_ROWSTORE_H
