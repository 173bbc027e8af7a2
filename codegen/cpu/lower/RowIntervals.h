//===- RowIntervals.h - which keys of a tile each row sees ------*- C++ -*-===//

#ifndef ATTN_CODEGEN_CPU_LOWER_ROWINTERVALS_H
#define ATTN_CODEGEN_CPU_LOWER_ROWINTERVALS_H

#include "codegen/cpu/CpuMachine.h"
#include "dialect/AttnOps.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace mlir::attn {

/// Where the intervals of `rows` rows are written: i32 for each row, in whole vectors.
MemRefType getRowIntervalType(const CpuMachine &machine, int64_t rows, MLIRContext *context);

/// Adds `func.func private @name(batch, head, numbers..., firstRow, origin, keyBase, extent, firstVisible, endVisible)
/// -> (first, end, isFull)`, all numbers index.
///
/// For the `rows` rows from packed row `firstRow` on, writes the interval of keys that each row sees in the tile that begins at key `keyBase`
/// of a view with `extent` keys, relative to the tile, to firstVisible and endVisible (getRowIntervalType). Returns the smallest range
/// that holds all intervals (empty: 0, 0), and whether every row sees the whole tile.
func::FuncOp emitRowIntervals(ModuleOp module, StringRef name, const CpuMachine &machine, SegmentAttr segment, int64_t group, int64_t rows,
                              int64_t keyTile, unsigned numNumbers);

} // namespace mlir::attn

#endif // ATTN_CODEGEN_CPU_LOWER_ROWINTERVALS_H
