//===- TileMap.cpp - a picture of a mask ----------------------------------===//

#include "passes/analysis/AffineEvaluation.h"
#include "tools/attn-explain/TileCounts.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mlir::attn;

namespace {
/// Visible pairs of each cell of a coarse grid.
struct Grid {
  int64_t cellRows, cellKeys, height, width;
  std::vector<int64_t> pairs;
  std::vector<bool> isTested;
};
} // namespace

/// The number of y in [interval) whose key stride * y + phase lies in [first, end).
static int64_t countKeys(Interval interval, int64_t stride, int64_t phase, int64_t first, int64_t end) {
  int64_t begin = std::max(interval.begin, llvm::divideCeilSigned(first - phase, stride));
  return std::max<int64_t>(0, std::min(interval.end, llvm::divideCeilSigned(end - phase, stride)) - begin);
}

static void addRow(const Segment &segment, int64_t rowStride, const RowSet &rows, int64_t row, Grid &grid) {
  int64_t query = row + rows.offset, residue = llvm::mod(query, rowStride);
  Interval interval = getRowInterval(segment, rowStride, rows, query);
  SmallVector<int64_t> symbols(rows.symbols);
  symbols.push_back(residue);
  int64_t phase = evaluate(segment.keyPhase, {rows.batch, rows.head, (query - residue) / rowStride}, symbols);
  for (int64_t column = 0; column < grid.width; ++column) {
    int64_t cell = row / grid.cellRows * grid.width + column;
    int64_t count = countKeys(interval, segment.keyStride, phase, column * grid.cellKeys, (column + 1) * grid.cellKeys);
    grid.pairs[cell] += count;
    if (count && segment.predicate)
      grid.isTested[cell] = true;
  }
}

static char draw(const Grid &grid, const Workload &work, int64_t line, int64_t column) {
  int64_t cell = line * grid.width + column;
  int64_t rows = std::min(grid.cellRows, work.queries - line * grid.cellRows),
          keys = std::min(grid.cellKeys, work.keys - column * grid.cellKeys);
  if (grid.pairs[cell] == 0)
    return '.';
  if (grid.isTested[cell])
    return '?';
  return grid.pairs[cell] == rows * keys ? '#' : '+';
}

SmallVector<std::string> attn::drawTileMap(const Workload &work, const Segmentation &segmentation, int64_t cells) {
  if (work.rows.empty() || !work.queries || !work.keys)
    return {};
  Grid grid;
  grid.cellRows = llvm::divideCeil(work.queries, cells);
  grid.cellKeys = llvm::divideCeil(work.keys, cells);
  grid.height = llvm::divideCeil(work.queries, grid.cellRows);
  grid.width = llvm::divideCeil(work.keys, grid.cellKeys);
  grid.pairs.assign(grid.height * grid.width, 0);
  grid.isTested.assign(grid.height * grid.width, false);
  for (const Segment &segment : segmentation.segments)
    for (int64_t row = 0; row < work.queries; ++row)
      addRow(segment, segmentation.rowStride, work.rows.front(), row, grid);
  SmallVector<std::string> lines;
  for (int64_t line = 0; line < grid.height; ++line) {
    lines.emplace_back();
    for (int64_t column = 0; column < grid.width; ++column)
      lines.back() += draw(grid, work, line, column);
  }
  return lines;
}
