//===- TileCounts.cpp - how many tiles are visited ------------------------===//

#include "tools/attn-explain/TileCounts.h"
#include "llvm/Support/MathExtras.h"

#include <map>

using namespace mlir;
using namespace mlir::attn;

/// Adds the key tiles of all row tiles of one residue class of queries.
static void countRowTiles(const Segment &segment, const TileBounds &bounds, int64_t rowStride, int64_t residue, const RowSet &rows,
                          int64_t tileRows, int64_t tileKeys, TileCounts &counts) {
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

static TileCounts countHead(const Workload &work, const Segmentation &segmentation, const RowSet &rows, int64_t tileRows, int64_t tileKeys) {
  TileCounts counts;
  counts.all = int64_t(llvm::divideCeil(work.queries, tileRows)) * int64_t(llvm::divideCeil(work.keys, tileKeys));
  for (const Segment &segment : segmentation.segments) {
    TileBounds bounds = getTileBounds(segment, segmentation.rowStride, work.numSymbols, AttentionOp(work.op).getContext());
    for (int64_t residue = 0; residue < segmentation.rowStride; ++residue)
      countRowTiles(segment, bounds, segmentation.rowStride, residue, rows, tileRows, tileKeys, counts);
  }
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
    }
  return total;
}
