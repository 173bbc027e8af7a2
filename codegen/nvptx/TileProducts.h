//===- TileProducts.h - the two products of a key tile ----------*- C++ -*-===//
//
// What a warp multiplies of tiles in shared memory, by mma.sync.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_CODEGEN_NVPTX_TILEPRODUCTS_H
#define ATTN_CODEGEN_NVPTX_TILEPRODUCTS_H

#include "codegen/nvptx/RowFragments.h"
#include "codegen/nvptx/SharedTile.h"
#include "codegen/nvptx/TileScores.h"

namespace mlir::attn {

/// The first operands of a product over 16 columns, one for each 16 rows of the warp.
using RowOperands = SmallVector<SmallVector<Value>>;

/// The operands of the warp's rows over columns 16 * step and the fifteen behind.
RowOperands loadRows(ImplicitLocOpBuilder &b, const WarpProduct &product, const FragmentShape &shape, SharedTile &rows, unsigned step);

/// Products of the warp's rows, given by step, and its keys, on top of what the scores of the tile start from.
RowFragments::Scores multiplyKeys(ImplicitLocOpBuilder &b, const WarpProduct &product, const FragmentShape &shape,
                                  llvm::function_ref<RowOperands(unsigned)> getRows, SharedTile &keys, TileScores &start);

/// Adds the values of the warp's keys, weighted, to its accumulators.
void addProducts(ImplicitLocOpBuilder &b, const WarpProduct &product, const FragmentShape &shape, const RowFragments::Scores &weights,
                 SharedTile &values, RowFragments::State &state);

} // namespace mlir::attn

#endif // ATTN_CODEGEN_NVPTX_TILEPRODUCTS_H
