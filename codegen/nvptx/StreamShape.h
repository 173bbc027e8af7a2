//===- StreamShape.h - how few rows are spread over a block -----*- C++ -*-===//
//
// With few rows, time goes into reading keys and values, each once. A block keeps several tiles of them on their way to shared memory, in a ring.
// Where all rows fit one warp, each of its warps takes a part of every key tile; else warps share the rows as well.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_CODEGEN_NVPTX_STREAMSHAPE_H
#define ATTN_CODEGEN_NVPTX_STREAMSHAPE_H

#include "codegen/nvptx/SharedTile.h"
#include "codegen/nvptx/WarpProduct.h"
#include "dialect/Target.h"

namespace mlir::attn {

/// Sizes of a kernel for few rows: `rows` x `keys` tiles of an attention with these head dims.
struct StreamShape {
  int64_t rows, keys, keyDim, valueDim;
  WarpProduct product;

  /// Rows of a warp, and the warps beside each other along rows and along keys: four together, or as many as have sixteen keys each.
  int64_t getWarpRows() const;
  int64_t getRowWarps() const { return rows / getWarpRows(); }
  int64_t getKeyWarps() const;
  int64_t getWarps() const { return getRowWarps() * getKeyWarps(); }
  int64_t getWarpKeys() const { return keys / getKeyWarps(); }

  /// Whether scores of fewer keys would leave a warp the registers that it wants.
  bool wantsFewerKeys() const;
  /// Whether a warp keeps its queries in registers, where accumulators leave room.
  bool keepsQueries() const;

  SharedTileShape getQueryTile() const { return {rows, keyDim, product.getElementBytes()}; }
  SharedTileShape getKeyTile() const { return {keys, keyDim, product.getElementBytes()}; }
  SharedTileShape getValueTile() const { return {keys, valueDim, product.getElementBytes()}; }
  /// Bytes of keys and values together, and how many tiles of them the ring has.
  int64_t getTileBytes() const { return getKeyTile().getBytes() + getValueTile().getBytes(); }
  int64_t getRingTiles() const;
  /// What follows the queries: the ring, and when it is no longer read, states that warps exchange, which may be longer.
  int64_t getSharedBytes() const;

  /// Fragments of accumulators (16 x 8) of a warp, rounded up so that warps along the keys can share them out, and the bytes of a warp's state.
  int64_t getColumnBlocks() const;
  int64_t getStateBytes() const;

private:
  /// Accumulators and scores of a thread.
  int64_t countResults() const;
};

/// Chooses the kernels for few rows of an attention, on any machine with so much shared memory for a block.
void chooseStreamTiles(TileChoice &tiles, const AttentionShape &shape, int64_t sharedBytes);

} // namespace mlir::attn

#endif // ATTN_CODEGEN_NVPTX_STREAMSHAPE_H
