//===- GlobalView.h - addresses of rows in global memory --------*- C++ -*-===//

#ifndef ATTN_CODEGEN_NVPTX_GLOBALVIEW_H
#define ATTN_CODEGEN_NVPTX_GLOBALVIEW_H

#include "codegen/nvptx/SharedTile.h"
#include "dialect/AttnOps.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace mlir::attn {

/// Rows of a query, key or result view as byte addresses.
class GlobalView {
public:
  GlobalView(ImplicitLocOpBuilder &b, QueryViewOp view);
  GlobalView(ImplicitLocOpBuilder &b, KeyViewOp view);

  /// Address (i64) of packed row `row` (i64): position row / group of head row % group.
  Value getAddress(ImplicitLocOpBuilder &b, Value row) const;
  /// Bytes (i64) from one row to the next; null for rows of several heads.
  Value getStride() const { return group == 1 ? rowStride : Value(); }
  /// Whether every row begins at a multiple of `bytes` (i1), as far as run time decides.
  Value isAligned(ImplicitLocOpBuilder &b, int64_t bytes) const;

private:
  void bind(ImplicitLocOpBuilder &b, Value memory, ArrayRef<Value> indices, Value firstRow, int64_t step);

  Value base, headStride, rowStride; // i64, bytes
  int64_t group = 1;
};

/// Copies a tile of `columns` columns of a view, all threads of the block together: `first` (i32) is the tile's first row, `count` (i32) the view's rows.
void copyRows(ImplicitLocOpBuilder &b, const BlockThread &thread, SharedTile &tile, const GlobalView &view, Value first, Value count, int64_t columns,
              bool isAligned);

Value toI64(ImplicitLocOpBuilder &b, Value index);
Value i64Constant(ImplicitLocOpBuilder &b, int64_t value);

} // namespace mlir::attn

#endif // ATTN_CODEGEN_NVPTX_GLOBALVIEW_H
