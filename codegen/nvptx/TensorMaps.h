//===- TensorMaps.h - tensors as TMA sees them ------------------*- C++ -*-===//

#ifndef ATTN_CODEGEN_NVPTX_TENSORMAPS_H
#define ATTN_CODEGEN_NVPTX_TENSORMAPS_H

#include "codegen/nvptx/PanelTile.h"
#include "dialect/AttnOps.h"

namespace mlir::attn {

/// A tensor map that a launch makes for a kernel: boxes of rows of an argument [B, H, T, D] with 64 columns each. See runtime/attn_gpu_abi.h.
struct TensorMap {
  int64_t argument; // which argument of the kernel
  int64_t group;    // heads whose rows are interleaved: row r is row r / group of head r % group
  int64_t step;     // every step-th row is one of the view,
  int64_t phase;    // from this one on; -1: a kernel chooses, and `step` divides T
  int64_t rows;     // of a box

  bool operator==(const TensorMap &other) const {
    return argument == other.argument && group == other.group && step == other.step && phase == other.phase && rows == other.rows;
  }
};

/// The tensor maps of a kernel.
class TensorMaps {
public:
  /// Whether TMA can read or write tiles of `rows` rows of such a view.
  static bool canMap(QueryViewOp view, int64_t rows);
  static bool canMap(KeyViewOp view);

  /// The number of the map for boxes of `rows` rows of the view's memory.
  unsigned add(QueryViewOp view, int64_t rows);
  unsigned add(KeyViewOp view, int64_t rows);
  ArrayRef<TensorMap> getMaps() const { return maps; }

private:
  unsigned add(const TensorMap &map);
  SmallVector<TensorMap> maps;
};

/// Where a box begins: the coordinates (i32) of column `column` of row `row` (i32) of a view.
SmallVector<Value> buildBoxCoordinates(ImplicitLocOpBuilder &b, QueryViewOp view, Value row, int64_t column);
SmallVector<Value> buildBoxCoordinates(ImplicitLocOpBuilder &b, KeyViewOp view, Value row, int64_t column);

/// Copies a box to shared memory `target` (pointer); `barrier` counts its bytes. For one thread.
void buildBoxCopy(ImplicitLocOpBuilder &b, Value target, Value map, ValueRange coordinates, Value barrier);

/// Stores the box at `source` (pointer to shared memory), for the threads where `predicate` (i1) holds.
void buildBoxStore(ImplicitLocOpBuilder &b, Value source, Value map, ValueRange coordinates, Value predicate);

} // namespace mlir::attn

#endif // ATTN_CODEGEN_NVPTX_TENSORMAPS_H
