//===- KeySequence.h - the key tiles of a row tile, in order ----*- C++ -*-===//

#ifndef ATTN_CODEGEN_NVPTX_KEYSEQUENCE_H
#define ATTN_CODEGEN_NVPTX_KEYSEQUENCE_H

#include "codegen/lower/TileWork.h"

namespace mlir::attn {

/// The loops over the key tiles of one segment. All roles visit its tiles in the same order: first the guarded ones, those of the upper edge from the
/// last one on and then those of the lower edge, then the free ones.
class KeySegment {
public:
  /// The segments among the operations of a row tile. Fails with a diagnostic where a loop does something else.
  static FailureOr<std::vector<KeySegment>> collect(ArrayRef<Operation *> operations);

  SmallVector<ForKeysOp> guarded;
  ForKeysOp free; // null where every tile has a guard
  TileWork guardedWork, freeWork;

  KeyViewOp getKeys() { return (free ? freeWork : guardedWork).keyView; }
  KeyViewOp getValues() { return (free ? freeWork : guardedWork).valueView; }
  ForKeysOp getFirst() { return first; }
  ForKeysOp getLast() { return last; }
  ForPanelsOp getPanels() { return *first.getBody().getOps<ForPanelsOp>().begin(); }

  /// Computes the bounds of the loops at the insertion point: i32 and the same for all threads.
  void buildBounds(ImplicitLocOpBuilder &b);
  Value getGuardedCount() { return guardedCount; }
  /// The guarded tile number `number` (i32).
  Value buildGuardedTile(ImplicitLocOpBuilder &b, Value number);
  /// How many of the first tiles lie behind all that rows see whose key tiles end before tile `end` (i32).
  Value buildHiddenCount(ImplicitLocOpBuilder &b, Value end);
  Value getFreeLower() { return freeLower; }
  Value getFreeUpper() { return freeUpper; }

private:
  ForKeysOp first, last;
  SmallVector<Value> lower, counts;
  Value guardedCount, freeLower, freeUpper;
};

} // namespace mlir::attn

#endif // ATTN_CODEGEN_NVPTX_KEYSEQUENCE_H
