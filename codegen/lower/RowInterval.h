//===- RowInterval.h - which keys of a tile a row sees ----------*- C++ -*-===//

#ifndef ATTN_CODEGEN_LOWER_ROWINTERVAL_H
#define ATTN_CODEGEN_LOWER_ROWINTERVAL_H

#include "dialect/AttnOps.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace mlir::attn {

/// Keys [first, end) of a view or of one of its tiles.
struct RowInterval {
  Value first, end;
};

/// Keys of a view with `extent` keys that a row sees, or each of several rows. An interval may be empty in any way (`end` below `first`, or below 0).
///
/// - type: i64, or a vector of i64 with one lane for each row; a position times a stride may leave 32 bits.
/// - dims: batch, head and the row's position in its view; symbols: the segment's numbers. Indices, or of `type`.
RowInterval emitRowInterval(ImplicitLocOpBuilder &b, SegmentAttr segment, Type type, ValueRange dims, ValueRange symbols, Value extent);

/// The part of `interval` in the tile of `keyTile` keys that begins at key `keyBase`, relative to the tile. An empty interval is [0, 0).
RowInterval emitIntervalInTile(ImplicitLocOpBuilder &b, const RowInterval &interval, Value keyBase, int64_t keyTile);

} // namespace mlir::attn

#endif // ATTN_CODEGEN_LOWER_ROWINTERVAL_H
