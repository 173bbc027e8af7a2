//===- OutputTile.h - results on their way to memory ------------*- C++ -*-===//

#ifndef ATTN_CODEGEN_NVPTX_OUTPUTTILE_H
#define ATTN_CODEGEN_NVPTX_OUTPUTTILE_H

#include "codegen/nvptx/PanelTile.h"
#include "codegen/nvptx/WarpProduct.h"

namespace mlir::attn {

/// The tile in shared memory through which a warpgroup stores its outputs.
class OutputTile {
public:
  /// `memory`: pointer; `warp`, `lane`: this thread's, the warp counted in its warpgroup (i32).
  OutputTile(ImplicitLocOpBuilder &b, PanelTile tile, Value memory, Value warp, Value lane);

  /// Rounds the blocks of 16 x 8 outputs of this warp to `element` and writes them.
  void write(ImplicitLocOpBuilder &b, Type element, ArrayRef<ResultFragment> blocks);
  /// Has the tile copied to the box of each panel that `getCoordinates` names; by the threads where `predicate` holds.
  void store(ImplicitLocOpBuilder &b, Value map, llvm::function_ref<SmallVector<Value>(int64_t column)> getCoordinates, Value predicate);
  /// Waits until the copies of this thread have read the tile.
  static void waitUntilRead(ImplicitLocOpBuilder &b);

private:
  PanelTile tile;
  Value memory;
  Value rowOffset, rowChunk, laneChunk; // i32
};

} // namespace mlir::attn

#endif // ATTN_CODEGEN_NVPTX_OUTPUTTILE_H
