//===- TileCounts.h - how many tiles are visited ----------------*- C++ -*-===//

#ifndef ATTN_TOOLS_EXPLAIN_TILECOUNTS_H
#define ATTN_TOOLS_EXPLAIN_TILECOUNTS_H

#include "tools/common/Workload.h"

namespace mlir::attn {

/// Tiles of query rows by keys, over all batch entries and heads.
struct TileCounts {
  /// What a sweep over all pairs would visit.
  int64_t all = 0;
  int64_t guarded = 0;
  int64_t guardFree = 0;
  /// Tiles of that sweep that no loop visits; none where a view is strided and has tiles of its own.
  std::optional<int64_t> empty = 0;
};

/// Counts the tiles of `tileRows` rows and `tileKeys` keys that the segments' loops visit. A tile that two
/// segments visit counts twice.
TileCounts countTiles(const Workload &work, const Segmentation &segmentation, int64_t tileRows, int64_t tileKeys);

/// A picture of batch entry 0, head 0, at most `cells` characters wide and high: '.' nothing visible, '#' everything, '+' a
/// part, '?' a part that is tested element by element.
SmallVector<std::string> drawTileMap(const Workload &work, const Segmentation &segmentation, int64_t cells);

} // namespace mlir::attn

#endif // ATTN_TOOLS_EXPLAIN_TILECOUNTS_H
