//===- TileCounts.cpp - how many tiles are visited ------------------------===//

#include "tools/attn-explain/TileCounts.h"
#include "llvm/Support/MathExtras.h"

#include <map>

using namespace mlir;
using namespace mlir::attn;

/// Adds the key tiles of all row tiles of one residue class of queries.
static void countRowTiles(const Segment &segment, const TileBounds &bounds, int64_t rowStride, int64_t residue,
                          const RowSet &rows, int64_t tileRows, int64_t tileKeys, TileCounts &counts) {
  SmallVector<int64_t> symbols(rows.symbols);
  symbols.push_back(residue);
  int64_t extent = getKeyExtent(segment, rows.batch, rows.head, symbols, rows.numKeys);
  Interval view = getViewRows(rowStride, residue, rows.offset, rows.numRows);
  for (int64_t first = view.begin; first < view.end; first += tileRows) {
    int64_t last = std::min(first + tileRows, view.end) - 1;
    KeyTiles tiles = getKeyTiles(bounds, {rows.batch, rows.head, first, last}, symbols, tileKeys, extent);
    int64_t guardFree = tiles.guardFreeHi - tiles.guardFreeLo;
    counts.guardFree += guardFree;
    counts.guarded += tiles.hi - tiles.lo - guardFree;
  }
}

static bool isStrided(const Segmentation &segmentation) {
  return segmentation.rowStride != 1 ||
         llvm::any_of(segmentation.segments, [](const Segment &segment) { return segment.keyStride != 1; });
}

/// The number of integers in [0, count) that lie in none of the intervals.
static int64_t countOutside(SmallVectorImpl<Interval> &intervals, int64_t count) {
  llvm::sort(intervals, [](Interval a, Interval b) { return a.begin < b.begin; });
  int64_t outside = 0, covered = 0;
  for (Interval interval : intervals) {
    outside += std::max<int64_t>(0, std::min(interval.begin, count) - covered);
    covered = std::max(covered, std::min(interval.end, count));
  }
  return outside + count - covered;
}

/// Tiles that no segment visits, in views without strides.
static int64_t countEmpty(const Workload &work, ArrayRef<TileBounds> bounds, const RowSet &rows, int64_t tileRows,
                          int64_t tileKeys) {
  SmallVector<int64_t> symbols(rows.symbols);
  symbols.push_back(0);
  int64_t empty = 0, end = rows.offset + rows.numRows;
  for (int64_t first = rows.offset; first < end; first += tileRows) {
    SmallVector<Interval> visited;
    for (const TileBounds &segment : bounds) {
      KeyTiles tiles = getKeyTiles(segment, {rows.batch, rows.head, first, std::min(first + tileRows, end) - 1}, symbols,
                                   tileKeys, rows.numKeys);
      if (tiles.lo < tiles.hi)
        visited.push_back({tiles.lo, tiles.hi});
    }
    empty += countOutside(visited, llvm::divideCeil(work.keys, tileKeys));
  }
  return empty;
}

static TileCounts countHead(const Workload &work, const Segmentation &segmentation, const RowSet &rows, int64_t tileRows,
                            int64_t tileKeys) {
  TileCounts counts;
  counts.all = int64_t(llvm::divideCeil(work.queries, tileRows)) * int64_t(llvm::divideCeil(work.keys, tileKeys));
  std::vector<TileBounds> bounds;
  for (const Segment &segment : segmentation.segments) {
    bounds.push_back(getTileBounds(segment, segmentation.rowStride, work.numSymbols, AttentionOp(work.op).getContext()));
    for (int64_t residue = 0; residue < segmentation.rowStride; ++residue)
      countRowTiles(segment, bounds.back(), segmentation.rowStride, residue, rows, tileRows, tileKeys, counts);
  }
  counts.empty =
      isStrided(segmentation) ? std::nullopt : std::optional<int64_t>(countEmpty(work, bounds, rows, tileRows, tileKeys));
  return counts;
}

TileCounts attn::countTiles(const Workload &work, const Segmentation &segmentation, int64_t tileRows, int64_t tileKeys) {
  bool differs = dependsOnBatchOrHead(segmentation);
  TileCounts total;
  std::map<std::pair<int64_t, int64_t>, TileCounts> known;
  for (const RowSet &batchRows : work.rows)
    for (int64_t head = 0; head < work.heads; ++head) {
      auto [place, isNew] = known.try_emplace({batchRows.offset, batchRows.numKeys});
      if (isNew || differs) {
        RowSet rows = batchRows;
        rows.head = head;
        place->second = countHead(work, segmentation, rows, tileRows, tileKeys);
      }
      total.all += place->second.all;
      total.guarded += place->second.guarded;
      total.guardFree += place->second.guardFree;
      total.empty = place->second.empty ? std::optional<int64_t>(*total.empty + *place->second.empty) : std::nullopt;
    }
  return total;
}
