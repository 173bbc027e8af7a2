//===- Report.cpp - an attention in words ---------------------------------===//

#include "tools/attn-explain/Report.h"
#include "tools/attn-explain/ExprText.h"
#include "tools/attn-explain/TileCounts.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace mlir::attn;

/// Sides of a tile where no target chooses.
static constexpr int64_t kExampleTile = 128;
/// Characters of the map's sides.
static constexpr int64_t kMapCells = 32;

static Type getElementType(Value value) { return cast<RankedTensorType>(value.getType()).getElementType(); }

//===----------------------------------------------------------------------===//
// Sizes and segments
//===----------------------------------------------------------------------===//

static void printSizes(const Workload &work, raw_ostream &stream) {
  AttentionOp op = work.op;
  stream << "attention of " << getElementType(op.getQuery()) << ", B=" << work.batches << " Hq=" << work.heads
         << " Hk=" << work.heads / op.getGroup() << " Tq=" << work.queries << " Tk=" << work.keys << " Dk=" << work.keyDim
         << " Dv=" << work.valueDim;
  // The first two symbols of a row are the lengths, printed above.
  if (!work.rows.empty())
    for (auto [name, value] : llvm::zip(op.getSymbols(), ArrayRef(work.rows.front().symbols).drop_front(2)))
      stream << " " << name.getValue() << "=" << value;
  stream << "\n  mask       ";
  if (op.getMask())
    stream << *op.getMask();
  else
    stream << "none";
  stream << (op.getLengths() ? ", key lengths\n" : "\n");
}

static std::string printExprs(ArrayRef<AffineExpr> exprs, const ExprNames &names, StringRef join) {
  std::string text;
  for (AffineExpr expr : exprs)
    text += (text.empty() ? "" : join.str()) + printExpr(expr, names);
  return exprs.size() > 1 ? (join == ", " ? "(" + text + ")" : text) : text;
}

static void printSegment(const Segment &segment, const ExprNames &names, raw_ostream &stream) {
  stream << "    key ";
  if (segment.keyStride == 1) {
    stream << "j";
  } else {
    stream << segment.keyStride << " y";
    if (std::string phase = printExpr(segment.keyPhase, names); phase != "0")
      stream << " + " << phase;
  }
  StringRef key = segment.keyStride == 1 ? "j" : "y";
  stream << ":";
  if (segment.lower.empty() && segment.upper.empty())
    stream << " all";
  if (!segment.lower.empty())
    stream << " " << key << " >= " << (segment.lower.size() > 1 ? "max" : "") << printExprs(segment.lower, names, ", ");
  if (!segment.upper.empty())
    stream << (segment.lower.empty() ? " " : ", ") << key << " < " << (segment.upper.size() > 1 ? "min" : "")
           << printExprs(segment.upper, names, ", ");
  for (AffineExpr condition : segment.conditions)
    stream << ", only if " << printExpr(condition, names) << " >= 0";
  stream << (segment.predicate ? ", each pair tested\n" : "\n");
}

static void printSegments(const Workload &work, const Segmentation &segmentation, raw_ostream &stream) {
  ExprNames names = {{"b", "h", segmentation.rowStride == 1 ? "i" : "x"}, {"Tq", "Tk"}};
  for (StringAttr name : AttentionOp(work.op).getSymbols())
    names.symbols.push_back(name.str());
  names.symbols.push_back("R");
  stream << "  segments   " << segmentation.segments.size();
  if (segmentation.rowStride != 1)
    stream << ", for each residue class of queries i = " << segmentation.rowStride << " x + R";
  stream << "\n";
  for (const Segment &segment : segmentation.segments)
    printSegment(segment, names, stream);
  if (!segmentation.remark.empty())
    stream << "    remark: " << segmentation.remark << "\n";
}

//===----------------------------------------------------------------------===//
// Tiles
//===----------------------------------------------------------------------===//

/// Query heads whose rows are packed into the tiles of a target: those that share a key head, unless the mask tells them apart.
static int64_t getPackedHeads(const Workload &work, const Segmentation &segmentation) {
  if (llvm::any_of(segmentation.segments, dependsOnHead))
    return 1;
  return AttentionOp(work.op).getGroup();
}

static TileChoice chooseTiles(const Workload &work, TargetAttrInterface target, int64_t packedHeads, raw_ostream &stream) {
  AttentionOp op = work.op;
  TileChoice tiles = {};
  tiles.rows = tiles.keys = kExampleTile;
  tiles.packedHeads = packedHeads;
  if (target)
    tiles =
        target.chooseTiles({getElementType(op.getQuery()), work.keyDim, work.valueDim, packedHeads, !op.getScore().empty()});
  stream << "  tiles      " << tiles.rows << " rows x " << tiles.keys << " keys";
  if (target)
    stream << ", panels of " << tiles.panelRows << " rows, key bounds to " << tiles.keyBlock;
  if (target && tiles.packedHeads > 1)
    stream << "; rows of " << tiles.packedHeads << " heads are packed";
  if (target)
    stream << "\n";
  else
    stream << " (target: not given)\n";
  return tiles;
}

/// Counts tiles whose rows are those of `packedHeads` heads, in turns.
static TileCounts countPackedTiles(const Workload &work, const Segmentation &segmentation, int64_t rows, int64_t keys,
                                   int64_t packedHeads) {
  TileCounts counts = countTiles(work, segmentation, std::max<int64_t>(1, rows / packedHeads), keys);
  // Where a position has more rows than a tile, it has several tiles.
  int64_t tilesOfPosition = rows < packedHeads ? int64_t(llvm::divideCeil(packedHeads, rows)) : 1;
  auto pack = [&](int64_t number) { return number / packedHeads * tilesOfPosition; };
  return {pack(counts.all), pack(counts.guarded), pack(counts.guardFree),
          counts.empty ? std::optional<int64_t>(pack(*counts.empty)) : std::nullopt};
}

static void printTiles(const Workload &work, const Segmentation &segmentation, const TileChoice &tiles, int64_t packedHeads,
                       raw_ostream &stream) {
  TileCounts counts = countPackedTiles(work, segmentation, tiles.rows, tiles.keys, packedHeads);
  stream << "    " << counts.guardFree << " without guards, " << counts.guarded << " guarded, ";
  if (counts.empty)
    stream << *counts.empty << " of " << counts.all << " empty\n";
  else
    stream << "in strided views; " << counts.all << " in a sweep over all pairs\n";
}

static void printMap(const Workload &work, const Segmentation &segmentation, raw_ostream &stream) {
  SmallVector<std::string> lines = drawTileMap(work, segmentation, kMapCells);
  if (lines.empty())
    return;
  stream << "  map        batch 0, head 0; rows are queries, columns keys: . none  # all  + some  ? tested\n";
  for (const std::string &line : lines)
    stream << "    " << line << "\n";
}

//===----------------------------------------------------------------------===//
// Rows and costs
//===----------------------------------------------------------------------===//

static void printEmptyRows(const Workload &work, raw_ostream &stream) {
  auto parts = computeSegmentsApart(work.mask, work.numSymbols, AttentionOp(work.op).getContext());
  stream << "  empty rows ";
  bool differs = dependsOnBatchOrHead(parts);
  for (const RowSet &batchRows : work.rows)
    for (int64_t head = 0; head < (differs ? work.heads : std::min<int64_t>(work.heads, 1)); ++head) {
      RowSet rows = batchRows;
      rows.head = head;
      if (std::optional<int64_t> row = findEmptyRow(parts, rows)) {
        stream << "row " << *row << " of batch " << rows.batch << ", head " << rows.head << " sees no key\n";
        return;
      }
    }
  stream << "none\n";
}

/// Bytes of query, key, value and results, each once.
static double countBytes(const Workload &work) {
  AttentionOp op = work.op;
  double batches = work.batches, keyHeads = double(work.heads) / double(op.getGroup());
  double inputs =
      batches * (double(work.heads) * work.queries * work.keyDim + keyHeads * work.keys * (work.keyDim + work.valueDim));
  double outputs = batches * work.heads * work.queries * work.valueDim;
  double statistics = batches * work.heads * work.queries * ((op.getLse() ? 1 : 0) + (op.getRowMax() ? 1 : 0));
  return inputs * getElementType(op.getQuery()).getIntOrFloatBitWidth() / 8 +
         outputs * getElementType(op.getOutput()).getIntOrFloatBitWidth() / 8 + statistics * 4;
}

static void printCosts(const Workload &work, raw_ostream &stream) {
  PairCount pairs = work.countPairs();
  double all = double(work.batches) * double(work.heads) * double(work.queries) * double(work.keys);
  double flops = work.countFlops(pairs), bytes = countBytes(work);
  stream << "  pairs      " << pairs.pairs << (pairs.exact ? "" : " (estimated)")
         << llvm::format(" visible, %.3g %% of all\n", all ? 100.0 * pairs.pairs / all : 0.0)
         << llvm::format("  work       %.4g GFLOP on visible pairs, %.4g MB, %.4g FLOP/byte\n", flops * 1e-9, bytes * 1e-6,
                         bytes ? flops / bytes : 0.0);
}

static void printGpu(const Workload &work, const Segmentation &segmentation, const GpuMachine &machine, const GpuFamily &family,
                     const TileChoice &tiles, int64_t packedHeads, raw_ostream &stream) {
  printKernels(machine, family, stream);
  const GpuMember *running = findRunning(family);
  if (!running)
    return;
  int64_t heads = running->rows == tiles.rows ? tiles.packedHeads : packedHeads;
  TileCounts counts = countPackedTiles(work, segmentation, running->rows, running->keys, heads);
  printLimits(machine, family, {work.countFlops(work.countPairs()), countBytes(work), counts.guarded + counts.guardFree},
              stream);
}

void attn::printReport(const Workload &work, TargetAttrInterface target, const GpuMachine *machine, const GpuFamily *family,
                       raw_ostream &stream) {
  Segmentation segmentation = computeSegments(work.mask, work.numSymbols, AttentionOp(work.op).getContext());
  printSizes(work, stream);
  printSegments(work, segmentation, stream);
  int64_t packedHeads = target ? getPackedHeads(work, segmentation) : 1;
  TileChoice tiles = chooseTiles(work, target, packedHeads, stream);
  printTiles(work, segmentation, tiles, tiles.packedHeads, stream);
  printEmptyRows(work, stream);
  printCosts(work, stream);
  if (machine && family)
    printGpu(work, segmentation, *machine, *family, tiles, packedHeads, stream);
  printMap(work, segmentation, stream);
}
