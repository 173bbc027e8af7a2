//===- PartialRows.h - states between warps and kernels ---------*- C++ -*-===//
//
// Warps that took different keys of the same rows exchange their states through shared memory, each joining a part of the columns. What is left of
// a chunk of keys goes to the workspace, where another kernel finds it.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_CODEGEN_NVPTX_PARTIALROWS_H
#define ATTN_CODEGEN_NVPTX_PARTIALROWS_H

#include "codegen/nvptx/RowFragments.h"
#include "codegen/nvptx/StreamShape.h"

namespace mlir::attn {

/// Where a block's warps exchange states: `warp` (i32) is this one, `first` (i32) the first of those with the same rows.
struct WarpExchange {
  Value memory; // pointer to shared memory for the states of all warps
  Value lane, warp, first;
};

/// Joins the states of all warps with the same rows; the result has the columns of `joined`, the fragments of which share them out. All threads of
/// the block take part; the memory must not be in use any more. States are joined in the order of the warps.
RowFragments::State exchangeStates(ImplicitLocOpBuilder &b, const WarpExchange &exchange, const StreamShape &shape, RowFragments &whole,
                                   RowFragments &joined, const RowFragments::State &state);

/// Lowers attn.store_partial with a row of memory for each row.
void storePartialRows(ImplicitLocOpBuilder &b, StorePartialOp op, RowFragments &fragments, const RowFragments::State &state);

/// A row of partial results in the workspace.
struct PartialMemory {
  PartialMemory(ImplicitLocOpBuilder &b, Value memory, int64_t width);

  /// Pointer to number `column` (i32) of row `row` (i64).
  Value at(ImplicitLocOpBuilder &b, Value row, Value column) const;

  Value base;         // i64
  int64_t rowBytes;
  int64_t statistics; // number at which they begin
};

} // namespace mlir::attn

#endif // ATTN_CODEGEN_NVPTX_PARTIALROWS_H
