//===- RowStore.h - finished rows to global memory --------------*- C++ -*-===//

#ifndef ATTN_CODEGEN_NVPTX_ROWSTORE_H
#define ATTN_CODEGEN_NVPTX_ROWSTORE_H

#include "codegen/nvptx/GlobalView.h"
#include "dialect/Normalizer.h"

namespace mlir::attn {

/// Where the results of a finalised state go.
class RowStore {
public:
  /// Moves the insertion point of `b` behind the stores of `op`, whose views stand before them.
  RowStore(ImplicitLocOpBuilder &b, FinalizeRowsOp op);

  /// The store of a result; null where nobody asked for it.
  static StoreOp findStore(Value tile);

  QueryViewOp getView() { return output.getView().getDefiningOp<QueryViewOp>(); }
  Value getRowTile() { return output.getIndex(); }

  /// Writes one row: `outputs` are the numbers of columns 8 * k + `column` and the one after it for k = 0, 1, ... (column: i32, even), the row's
  /// `row` (i64). Nothing is written beyond the view's rows and columns.
  void write(ImplicitLocOpBuilder &b, Value row, Value column, int64_t columns, ArrayRef<Value> outputs, const FinalResult &result);

  /// Writes what the row has besides outputs, if anything.
  void writeStatistics(ImplicitLocOpBuilder &b, Value row, Value column, const FinalResult &result);

private:
  void writeNumbers(ImplicitLocOpBuilder &b, Value row, Value column, const FinalResult &result);
  void writePairs(ImplicitLocOpBuilder &b, Value address, Value column, int64_t columns, ArrayRef<Value> outputs, bool together);

  StoreOp output, lse, rowMax;
  std::optional<GlobalView> outputView, lseView, rowMaxView;
  Value count, pairsAligned;
  Type type;
};

} // namespace mlir::attn

#endif // ATTN_CODEGEN_NVPTX_ROWSTORE_H
