//===- Target.h - questions to a target and their answers -------*- C++ -*-===//

#ifndef ATTN_DIALECT_TARGET_H
#define ATTN_DIALECT_TARGET_H

#include "mlir/IR/Types.h"

namespace mlir::attn {

/// What a target must know of an attention to choose its tiles. Lengths are dynamic and therefore absent.
struct AttentionShape {
  Type inputType;
  int64_t queryDim; // Dk
  int64_t valueDim; // Dv
  int64_t group;    // query heads that share a key/value head
  bool hasScoreRegion;
};

/// A kernel for few packed rows, of one tile each or as many as it takes. The keys are split at run time, so that few tasks still fill a device.
struct StreamTile {
  int64_t rows;       // packed rows of a tile; 0 if there is no such kernel
  int64_t keys;       // keys of a key tile
  int64_t leastChunk; // keys of the shortest chunk worth a partial result of its own; a multiple of keys
  int64_t tasks;      // tasks that a device runs at once
};

/// Tile sizes in rows and keys. A row tile is cut into panels, which are the unit a worker (thread, warpgroup) holds.
struct TileChoice {
  int64_t rows;         // rows of a query tile
  int64_t smallRows;    // rows of a query tile where large ones would leave workers idle; a multiple of panelRows, 0 if one size serves all
  int64_t panelRows;    // rows of a panel; divides rows
  int64_t keys;         // keys of a key tile
  int64_t keyBlock;     // granularity of key bounds inside a tile; divides keys
  int64_t splitKeys;    // keys of a chunk where the keys are split; a multiple of keys
  int64_t fewRows;      // largest group (rows of one query) the kernel for few rows holds; 0 if there is none
  int64_t fewRowsKeys;  // keys of a key tile in that kernel
  // Where `smallRows` is 0: kernels for few rows, the one with fewer rows first. The second also takes more rows than it holds, in several tiles,
  // where there are fewer than `fewTasks` tasks of `rows` rows.
  StreamTile streams[2] = {};
  int64_t fewTasks = 0;
  // Query heads that share a tile of `rows` rows: the group, or 1 where it does not fit one.
  int64_t packedHeads = 0;
};

} // namespace mlir::attn

#endif // ATTN_DIALECT_TARGET_H
