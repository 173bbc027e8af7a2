//===- AttentionStages.cpp - the kernels of one attention -----------------===//

#include "passes/tile/AttentionStages.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include <limits>

using namespace mlir;
using namespace mlir::attn;

/// From this many tasks on, large row tiles keep every worker of a usual machine busy.
static constexpr int64_t kManyTasks = 24;
/// Below this many tasks it pays to split the keys. Both numbers depend on sizes alone, so that results do not depend on threads.
static constexpr int64_t kFewTasks = 8;

namespace {
/// How the keys are split at run time, from sizes alone.
struct Chunks {
  Value count, keys, isSplit;
};

/// The members of the family, their index spaces and the conditions under which they run.
class StagesBuilder {
public:
  StagesBuilder(ImplicitLocOpBuilder &b, const AttentionStages &stages, const ResultMemory &results)
      : b(b), stages(stages), results(results) {}

  void build();

private:
  void countUnits();
  Value countRowTiles(int64_t rows);
  Value countTasks(Value rowTiles);
  void buildRows(StringRef name, int64_t rows, Value condition);
  void buildSplit(StringRef name, int64_t rows, int64_t keys, Value condition);
  void buildForDevice();
  void buildManyRows(Value condition);
  Value countPackedRows();
  Chunks chooseChunks(const StreamTile &tile, Value rowTiles);
  void buildStream(StringRef name, const StreamTile &tile, Value rowTiles, const Chunks &chunks, Value memory, Value condition);
  void buildCombine(const Chunks &chunks, Value memory);
  Value getUnit(ValueRange at);
  /// Opens a parallel loop; the insertion point is in its body afterwards.
  ParallelOp open(StringRef name, ValueRange counts, Value condition, TaskOrder order);
  TaskOrder getOrder();

  ImplicitLocOpBuilder &b;
  const AttentionStages &stages;
  const ResultMemory &results;
  Value batches, heads, residues;
};
} // namespace

static Value compare(ImplicitLocOpBuilder &b, arith::CmpIPredicate predicate, Value lhs, int64_t rhs) {
  return arith::CmpIOp::create(b, predicate, lhs, buildIndex(b, rhs));
}

/// Numbers of a row of a partial result: accumulators and statistics, each from a multiple of 16 bytes on (see attn.store_partial).
static int64_t getPartialPitch(int64_t width, int64_t statistics) { return llvm::alignTo(width, 16) + llvm::alignTo(statistics, 4); }

static Value both(ImplicitLocOpBuilder &b, Value lhs, Value rhs) { return arith::AndIOp::create(b, lhs, rhs); }

static Value negate(ImplicitLocOpBuilder &b, Value condition) {
  return arith::XOrIOp::create(b, condition, arith::ConstantOp::create(b, b.getBoolAttr(true)));
}

/// Packed rows of one head, or of one residue of it.
Value StagesBuilder::countPackedRows() {
  Value positions = buildCeilDiv(b, stages.numbers[unsigned(MaskSymbol::QueryLength)], stages.online.getSegments().getRowStride());
  return arith::MulIOp::create(b, positions, buildIndex(b, stages.group));
}

Value StagesBuilder::countRowTiles(int64_t rows) { return buildCeilDiv(b, countPackedRows(), rows); }

Value StagesBuilder::countTasks(Value rowTiles) {
  Value perBatch = arith::MulIOp::create(b, arith::MulIOp::create(b, heads, residues), rowTiles);
  return arith::MulIOp::create(b, batches, perBatch);
}

ParallelOp StagesBuilder::open(StringRef name, ValueRange counts, Value condition, TaskOrder order) {
  auto parallel = ParallelOp::create(b, name, counts, condition, order);
  Block &body = parallel.getBody().emplaceBlock();
  for (size_t n = 0; n < counts.size(); ++n)
    body.addArgument(b.getIndexType(), b.getLoc());
  b.setInsertionPointToStart(&body);
  return parallel;
}

static void close(ImplicitLocOpBuilder &b, ParallelOp parallel) {
  YieldOp::create(b);
  b.setInsertionPointAfter(parallel);
}

/// Where the number of visible keys grows with the row, the last row tiles take longest.
TaskOrder StagesBuilder::getOrder() {
  for (SegmentAttr segment : stages.online.getSegments().getSegments())
    if (segment.getUpper().isFunctionOfDim(2))
      return TaskOrder::LongestFirst;
  return TaskOrder::Any;
}

void StagesBuilder::buildRows(StringRef name, int64_t rows, Value condition) {
  ParallelOp parallel = open(name, {batches, heads, residues, countRowTiles(rows)}, condition, getOrder());
  auto at = parallel.getBody().getArguments();
  RowTileIndex index = {at[0], at[1], at[2], at[3], Value()};
  Value state = buildRowTile(b, stages, index, rows, stages.tiles.keys);
  buildStoreResults(b, stages, index, state, stages.exponent, results);
  close(b, parallel);
}

void StagesBuilder::buildSplit(StringRef name, int64_t rows, int64_t keys, Value condition) {
  auto partial = stages.online.getPartial().getType();
  Value chunks = buildCeilDiv(b, stages.numbers[unsigned(MaskSymbol::KeyLength)], stages.tiles.splitKeys);
  // Without keys there is still one chunk, which leaves the initial state.
  chunks = arith::MaxSIOp::create(b, chunks, buildIndex(b, 1));
  Value rowTiles = countRowTiles(rows);
  SmallVector<Value> counts = {batches, heads, residues, rowTiles};
  Value slots = arith::SelectOp::create(b, condition, arith::MulIOp::create(b, countTasks(rowTiles), chunks), buildIndex(b, 0));
  int64_t numbersPerRow = partial.getShape().back() + partial.getNormalizer().getInitialStatistics().size();
  auto memoryType = MemRefType::get({ShapedType::kDynamic, rows * numbersPerRow}, b.getF32Type());
  Value memory = WorkspaceOp::create(b, memoryType, slots);
  // Slots of one row tile follow each other, in the order of the keys.
  auto firstSlot = [&](ValueRange at) {
    Value slot = at[0];
    for (unsigned n = 1; n < 4; ++n)
      slot = arith::AddIOp::create(b, arith::MulIOp::create(b, slot, counts[n]), at[n]);
    return arith::MulIOp::create(b, slot, chunks);
  };

  SmallVector<Value> split = counts;
  split.push_back(chunks);
  ParallelOp parallel = open(name, split, condition, TaskOrder::Any);
  auto at = parallel.getBody().getArguments();
  RowTileIndex index = {at[0], at[1], at[2], at[3], at[4]};
  // The slot is known before the state, so that a target may build the state in its place.
  Value slot = arith::AddIOp::create(b, firstSlot({at[0], at[1], at[2], at[3]}), at[4]);
  Value state = buildRowTile(b, stages, index, rows, keys);
  StorePartialOp::create(b, state, memory, slot, Value());
  Type stateType = state.getType();
  close(b, parallel);

  ParallelOp combine = open((name + "_combine").str(), counts, condition, TaskOrder::Any);
  at = combine.getBody().getArguments();
  index = {at[0], at[1], at[2], at[3], Value()};
  Value merged = ReducePartialsOp::create(b, stateType, memory, firstSlot({at[0], at[1], at[2], at[3]}), chunks, Value(),
                                          stages.exponent);
  buildStoreResults(b, stages, index, merged, stages.exponent, results);
  close(b, combine);
}

//===----------------------------------------------------------------------===//
// Devices that run hundreds of tasks at once
//===----------------------------------------------------------------------===//

/// As many chunks as fill the device once, but none so short that its partial result costs more than it brings. Nothing but sizes decides: the
/// lengths of batch rows lie on the device, where a chunk beyond its row's length leaves the initial state.
Chunks StagesBuilder::chooseChunks(const StreamTile &tile, Value rowTiles) {
  auto ceilDiv = [&](Value numerator, Value denominator) -> Value { return arith::CeilDivUIOp::create(b, numerator, denominator); };
  Value one = buildIndex(b, 1), atOnce = buildIndex(b, tile.tasks);
  // Views of all segments have at most as many keys as that with the smallest stride.
  int64_t stride = std::numeric_limits<int64_t>::max();
  for (SegmentAttr segment : stages.online.getSegments().getSegments())
    stride = std::min(stride, segment.getStride());
  Value keyTiles = buildCeilDiv(b, stages.numbers[unsigned(MaskSymbol::KeyLength)], stride * tile.keys);
  Value tasks = arith::MaxSIOp::create(b, countTasks(rowTiles), one);
  Value most = arith::MaxSIOp::create(b, arith::DivUIOp::create(b, atOnce, tasks), one);
  Value chunkTiles = arith::MaxSIOp::create(b, ceilDiv(keyTiles, most), buildIndex(b, tile.leastChunk / tile.keys));
  // Without keys there is still one chunk, which leaves the initial state.
  Value count = arith::MaxSIOp::create(b, ceilDiv(keyTiles, chunkTiles), one);
  count = arith::MinSIOp::create(b, count, atOnce);
  Value keys = arith::MulIOp::create(b, chunkTiles, buildIndex(b, tile.keys));
  return {count, keys, arith::CmpIOp::create(b, arith::CmpIPredicate::sgt, count, one)};
}

/// Number of a (batch row, head, residue).
Value StagesBuilder::getUnit(ValueRange at) {
  Value head = arith::AddIOp::create(b, arith::MulIOp::create(b, at[0], heads), at[1]);
  return arith::AddIOp::create(b, arith::MulIOp::create(b, head, residues), at[2]);
}

/// Partial results lie in `memory` by unit, chunk and packed row. One chunk needs none of this: its results are finished.
void StagesBuilder::buildStream(StringRef name, const StreamTile &tile, Value rowTiles, const Chunks &chunks, Value memory, Value condition) {
  Value packedRows = countPackedRows();
  ParallelOp parallel = open(name, {batches, heads, residues, rowTiles, chunks.count}, condition, TaskOrder::Any);
  auto at = parallel.getBody().getArguments();
  RowTileIndex index = {at[0], at[1], at[2], at[3], at[4], chunks.keys};
  Value state = buildRowTile(b, stages, index, tile.rows, tile.keys);
  Value chunk = arith::AddIOp::create(b, arith::MulIOp::create(b, getUnit(at), chunks.count), at[4]);
  Value firstRow = arith::MulIOp::create(b, at[3], buildIndex(b, tile.rows));
  Value slot = arith::AddIOp::create(b, arith::MulIOp::create(b, chunk, packedRows), firstRow);
  Value rows = arith::SelectOp::create(b, chunks.isSplit, arith::SubIOp::create(b, packedRows, firstRow), buildIndex(b, 0));
  StorePartialOp::create(b, state, memory, slot, rows);
  buildStoreResults(b, stages, index, state, stages.exponent, results, negate(b, chunks.isSplit));
  close(b, parallel);
}

/// Every packed row is a task of its own: there are few, with many chunks each.
void StagesBuilder::buildCombine(const Chunks &chunks, Value memory) {
  auto partial = stages.online.getPartial().getType();
  Value packedRows = countPackedRows();
  ParallelOp parallel = open("combine", {batches, heads, residues, packedRows}, chunks.isSplit, TaskOrder::Any);
  auto at = parallel.getBody().getArguments();
  RowTileIndex index = {at[0], at[1], at[2], at[3]};
  Value chunk = arith::MulIOp::create(b, getUnit(at), chunks.count);
  Value first = arith::AddIOp::create(b, arith::MulIOp::create(b, chunk, packedRows), at[3]);
  auto stateType = StateType::get(b.getContext(), partial.getNormalizer(), 1, partial.getShape().back());
  Value merged = ReducePartialsOp::create(b, stateType, memory, first, chunks.count, packedRows, stages.exponent);
  buildStoreResults(b, stages, index, merged, stages.exponent, results);
  close(b, parallel);
}

/// The member for many rows, in which other numbers of heads may be packed than where rows are few: keys that several heads read are in a cache then.
void StagesBuilder::buildManyRows(Value condition) {
  if (stages.tiles.packedHeads == stages.group)
    return buildRows("rows", stages.tiles.rows, condition);
  AttentionStages other = stages;
  other.heads = stages.heads * stages.group / stages.tiles.packedHeads;
  other.group = stages.tiles.packedHeads;
  StagesBuilder builder(b, other, results);
  builder.countUnits();
  builder.buildRows("rows", other.tiles.rows, condition);
}

void StagesBuilder::buildForDevice() {
  const TileChoice &tiles = stages.tiles;
  auto streams = llvm::to_vector(llvm::make_filter_range(tiles.streams, [](const StreamTile &tile) { return tile.rows > 0; }));
  if (streams.empty())
    return buildManyRows(Value());
  Value packedRows = countPackedRows(), one = buildIndex(b, 1);
  Value rest = arith::ConstantOp::create(b, b.getBoolAttr(true));
  Chunks used = {one, Value(), Value()};
  SmallVector<std::tuple<Value, Value, Chunks>> members;
  for (const StreamTile &tile : streams) {
    bool isLast = &tile == &streams.back();
    Value condition = compare(b, arith::CmpIPredicate::sle, packedRows, tile.rows);
    if (isLast) {
      Value few = compare(b, arith::CmpIPredicate::slt, countTasks(countRowTiles(tiles.rows)), tiles.fewTasks);
      condition = arith::OrIOp::create(b, condition, few);
    }
    condition = both(b, rest, condition);
    rest = both(b, rest, negate(b, condition));
    Value rowTiles = isLast ? countRowTiles(tile.rows) : one;
    Chunks chunks = chooseChunks(tile, rowTiles);
    used.count = arith::SelectOp::create(b, condition, chunks.count, used.count);
    members.push_back({condition, rowTiles, chunks});
  }
  used.isSplit = compare(b, arith::CmpIPredicate::sgt, used.count, 1);
  auto partial = stages.online.getPartial().getType();
  int64_t pitch = getPartialPitch(partial.getShape().back(), partial.getNormalizer().getInitialStatistics().size());
  Value units = arith::MulIOp::create(b, batches, arith::MulIOp::create(b, heads, residues));
  Value rows = arith::MulIOp::create(b, arith::MulIOp::create(b, units, packedRows), used.count);
  rows = arith::SelectOp::create(b, used.isSplit, rows, buildIndex(b, 0));
  Value memory = WorkspaceOp::create(b, MemRefType::get({ShapedType::kDynamic, pitch}, b.getF32Type()), rows);

  buildManyRows(rest);
  for (auto [number, tile, member] : llvm::enumerate(streams, members)) {
    auto &[condition, rowTiles, chunks] = member;
    buildStream(number + 1 == streams.size() ? "some_rows" : "few_rows", tile, rowTiles, chunks, memory, condition);
  }
  buildCombine(used, memory);
}

void StagesBuilder::countUnits() {
  batches = memref::DimOp::create(b, stages.query, 0);
  heads = buildIndex(b, stages.heads);
  residues = buildIndex(b, stages.online.getSegments().getRowStride());
}

void StagesBuilder::build() {
  const TileChoice &tiles = stages.tiles;
  countUnits();
  if (!tiles.smallRows)
    return buildForDevice();
  Value queries = stages.numbers[unsigned(MaskSymbol::QueryLength)], keys = stages.numbers[unsigned(MaskSymbol::KeyLength)];

  Value tasks = countTasks(countRowTiles(tiles.smallRows));
  Value split = both(b, compare(b, arith::CmpIPredicate::slt, tasks, kFewTasks),
                     compare(b, arith::CmpIPredicate::sgt, keys, tiles.splitKeys));
  bool hasFewRows = tiles.fewRows >= stages.group;
  Value few;
  if (hasFewRows) {
    few = compare(b, arith::CmpIPredicate::sle, queries, 1);
    split = both(b, split, negate(b, few));
  }
  Value whole = negate(b, few ? Value(arith::OrIOp::create(b, few, split)) : split);
  // Rows of one panel: the keys are what takes time to load.
  Value rows = arith::MulIOp::create(b, queries, buildIndex(b, stages.group));
  Value one = both(b, whole, compare(b, arith::CmpIPredicate::sle, rows, tiles.panelRows));
  buildRows("one_panel", tiles.panelRows, one);
  whole = both(b, whole, negate(b, one));
  Value many = both(b, whole, compare(b, arith::CmpIPredicate::sge, countTasks(countRowTiles(tiles.rows)), kManyTasks));
  buildRows("rows", tiles.rows, many);
  buildRows("small_rows", tiles.smallRows, both(b, whole, negate(b, many)));
  buildSplit("split_keys", tiles.smallRows, tiles.keys, split);
  if (few)
    buildSplit("few_rows", stages.group, tiles.fewRowsKeys, few);
}

void attn::buildAttentionStages(ImplicitLocOpBuilder &b, const AttentionStages &stages, const ResultMemory &results) {
  StagesBuilder(b, stages, results).build();
}

//===----------------------------------------------------------------------===//
// Merges
//===----------------------------------------------------------------------===//

void attn::buildMergeStage(ImplicitLocOpBuilder &b, NormalizerAttrInterface normalizer, const ResultMemory &lhs, const ResultMemory &rhs,
                           Value exponent, int64_t rows, const ResultMemory &results) {
  auto type = cast<MemRefType>(lhs.output.getType());
  Value zero = buildIndex(b, 0);
  Value batches = memref::DimOp::create(b, lhs.output, 0), length = memref::DimOp::create(b, lhs.output, 2);
  auto parallel = ParallelOp::create(b, "merge", ValueRange{batches, buildIndex(b, type.getDimSize(1)), buildCeilDiv(b, length, rows)}, Value(),
                                     TaskOrder::Any);
  Block &body = parallel.getBody().emplaceBlock();
  for (unsigned n = 0; n < 3; ++n)
    body.addArgument(b.getIndexType(), b.getLoc());
  b.setInsertionPointToStart(&body);
  auto view = [&](Value memory) -> Value {
    auto source = cast<MemRefType>(memory.getType());
    StringAttr feature = source.getRank() == 4 ? b.getStringAttr("e") : StringAttr();
    auto viewType = ViewType::get(b.getContext(), b.getStringAttr("i"), feature, feature ? source.getDimSize(3) : 1, source.getElementType());
    return QueryViewOp::create(b, viewType, memory, body.getArgument(0), body.getArgument(1), 1, 1, zero, length, zero, zero);
  };
  auto stateType = StateType::get(b.getContext(), normalizer, rows, type.getDimSize(3));
  auto load = [&](const ResultMemory &side) -> Value {
    return LoadFinishedOp::create(b, stateType, view(side.output), body.getArgument(2), view(side.lse), exponent);
  };
  Value merged = MergeStatesOp::create(b, stateType, load(lhs), load(rhs), exponent);
  StringAttr i = b.getStringAttr("i"), e = b.getStringAttr("e");
  auto outputTile = TileType::get(b.getContext(), {i, e}, {rows, type.getDimSize(3)}, b.getF32Type());
  auto rowTile = TileType::get(b.getContext(), {i}, {rows}, b.getF32Type());
  auto finished = FinalizeRowsOp::create(b, outputTile, rowTile, rowTile, merged, exponent);
  if (results.output)
    StoreOp::create(b, finished.getOutput(), view(results.output), body.getArgument(2));
  if (results.lse)
    StoreOp::create(b, finished.getLse(), view(results.lse), body.getArgument(2));
  close(b, parallel);
}
