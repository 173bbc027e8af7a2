//===- RowTiles.cpp - the work on one tile of rows ------------------------===//

#include "passes/tile/RowTiles.h"
#include "mlir/Dialect/Affine/Utils.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace mlir::attn;

Value attn::buildIndex(ImplicitLocOpBuilder &b, int64_t value) { return arith::ConstantIndexOp::create(b, value); }

Value attn::buildCeilDiv(ImplicitLocOpBuilder &b, Value numerator, int64_t denominator) {
  return denominator == 1 ? numerator : Value(arith::CeilDivSIOp::create(b, numerator, buildIndex(b, denominator)));
}

Value attn::buildCount(ImplicitLocOpBuilder &b, Value numerator, int64_t denominator) {
  return arith::MaxSIOp::create(b, buildCeilDiv(b, numerator, denominator), buildIndex(b, 0));
}

//===----------------------------------------------------------------------===//
// Rows
//===----------------------------------------------------------------------===//

/// Absolute position of query row 0 of a batch row.
static Value buildOffset(ImplicitLocOpBuilder &b, const AttentionStages &stages, Value batch) {
  if (stages.offset.getType().isIndex())
    return stages.offset;
  Value offset = memref::LoadOp::create(b, stages.offset, batch);
  return arith::IndexCastOp::create(b, b.getIndexType(), offset);
}

RowWindow attn::buildRowWindow(ImplicitLocOpBuilder &b, const AttentionStages &stages, const RowTileIndex &index) {
  Value offset = buildOffset(b, stages, index.batch);
  Value queries = stages.numbers[unsigned(MaskSymbol::QueryLength)];
  int64_t stride = stages.online.getSegments().getRowStride();
  if (stride == 1)
    return {buildIndex(b, 0), queries, offset};
  // The first row whose position has the residue, and the position in units of the stride.
  AffineExpr residue = getAffineDimExpr(0, b.getContext()), shift = getAffineDimExpr(1, b.getContext());
  Value first = affine::expandAffineExpr(b, b.getLoc(), (residue - shift) % stride, {index.residue, offset}, {});
  Value count = buildCount(b, arith::SubIOp::create(b, queries, first), stride);
  AffineExpr start = getAffineDimExpr(2, b.getContext());
  Value origin = affine::expandAffineExpr(b, b.getLoc(), (shift + start - residue).floorDiv(stride), {index.residue, offset, first}, {});
  return {first, count, origin};
}

Value attn::buildQueryView(ImplicitLocOpBuilder &b, const AttentionStages &stages, const RowTileIndex &index, const RowWindow &window,
                           Value memory) {
  auto type = cast<MemRefType>(memory.getType());
  // One number per row has no feature dimension; results have value features, queries have query features.
  bool hasFeatures = type.getRank() == 4;
  StringAttr feature = hasFeatures ? b.getStringAttr(memory == stages.query ? "d" : "e") : StringAttr();
  auto view = ViewType::get(b.getContext(), b.getStringAttr("i"), feature, hasFeatures ? type.getDimSize(3) : 1, type.getElementType());
  return QueryViewOp::create(b, view, memory, index.batch, index.head, stages.group, stages.online.getSegments().getRowStride(), window.first,
                             window.count, window.origin, index.residue);
}

//===----------------------------------------------------------------------===//
// Keys
//===----------------------------------------------------------------------===//

namespace {
/// One row tile under construction.
class RowTileBuilder {
public:
  RowTileBuilder(ImplicitLocOpBuilder &b, const AttentionStages &stages, const RowTileIndex &index, int64_t rows, int64_t keys)
      : b(b), stages(stages), index(index), rows(rows), keys(keys) {}

  Value build();

private:
  TileType getTile(ArrayRef<std::pair<StringRef, int64_t>> dims, Type element);
  Value buildKeyLimit();
  Value buildKeyView(SegmentAttr segment, Value memory, StringRef feature, Value head, Value limit);
  Value buildSegment(SegmentAttr segment, Value state);
  Value buildKeyLoop(SegmentAttr segment, Value lower, Value upper, bool guarded, Value state);
  void replaceExtract(tensor::ExtractOp extract);
  Value buildScores(SegmentAttr segment, Value keyTile, bool guarded);
  /// Numbers of a segment: those of the mask and the residue.
  SmallVector<Value> getNumbers();

  ImplicitLocOpBuilder &b;
  const AttentionStages &stages;
  const RowTileIndex &index;
  int64_t rows, keys;
  Value queryView, queryTile, keyHead, keyView, valueView;
};
} // namespace

TileType RowTileBuilder::getTile(ArrayRef<std::pair<StringRef, int64_t>> dims, Type element) {
  SmallVector<StringAttr> names;
  SmallVector<int64_t> sizes;
  for (auto [name, size] : dims) {
    names.push_back(b.getStringAttr(name));
    sizes.push_back(size);
  }
  return TileType::get(b.getContext(), names, sizes, element);
}

SmallVector<Value> RowTileBuilder::getNumbers() {
  SmallVector<Value> numbers = stages.numbers;
  numbers.push_back(index.residue);
  return numbers;
}

/// Keys of this batch row: all, or as many as its length says.
Value RowTileBuilder::buildKeyLimit() {
  Value limit = stages.numbers[unsigned(MaskSymbol::KeyLength)];
  if (!stages.lengths)
    return limit;
  Value length = arith::IndexCastOp::create(b, b.getIndexType(), memref::LoadOp::create(b, stages.lengths, index.batch));
  return arith::MaxSIOp::create(b, arith::MinSIOp::create(b, limit, length), buildIndex(b, 0));
}

Value RowTileBuilder::buildKeyView(SegmentAttr segment, Value memory, StringRef feature, Value head, Value limit) {
  Value phase = buildIndex(b, 0);
  if (AffineMap map = segment.getPhase()) {
    Value unused = buildIndex(b, 0);
    phase = affine::expandAffineExpr(b, b.getLoc(), map.getResult(0), {index.batch, index.head, unused}, getNumbers());
  }
  Value count = buildCount(b, arith::SubIOp::create(b, limit, phase), segment.getStride());
  auto type = cast<MemRefType>(memory.getType());
  auto view = ViewType::get(b.getContext(), b.getStringAttr("j"), b.getStringAttr(feature), type.getDimSize(3), type.getElementType());
  return KeyViewOp::create(b, view, memory, index.batch, head, segment.getStride(), phase, count);
}

/// The score is also computed for the rows and keys that fill up a tile: what they ask for beyond a tensor's end must not be read.
void RowTileBuilder::replaceExtract(tensor::ExtractOp extract) {
  // Cloning has put the tensor's memory in its place already, so that the accessor, which wants a tensor, may not be asked.
  Value memory = extract->getOperand(0);
  ImplicitLocOpBuilder outside(extract.getLoc(), extract), inside(extract.getLoc(), extract);
  outside.setInsertionPointAfterValue(memory);
  SmallVector<Value> indices;
  for (auto [dim, index] : llvm::enumerate(extract.getIndices())) {
    Value size = memref::DimOp::create(outside, memory, dim);
    Value last = arith::SubIOp::create(outside, size, buildIndex(outside, 1));
    Value first = buildIndex(outside, 0);
    indices.push_back(arith::MaxSIOp::create(inside, arith::MinSIOp::create(inside, index, last), first));
  }
  extract.replaceAllUsesWith(memref::LoadOp::create(inside, memory, indices).getResult());
  extract.erase();
}

Value RowTileBuilder::buildScores(SegmentAttr segment, Value keyTile, bool guarded) {
  auto keyType = cast<ViewType>(keyView.getType());
  Value loaded = LoadOp::create(b, getTile({{"j", keys}, {"d", keyType.getFeatures()}}, keyType.getElementType()), keyView, keyTile);
  TileType scoreType = getTile({{"i", rows}, {"j", keys}}, b.getF32Type());
  Value scores = ContractOp::create(b, scoreType, queryTile, loaded, "d", stages.online.getPrecisionAttr());
  Region &region = stages.online.getScore();
  if (!region.empty()) {
    auto map = MapOp::create(b, scoreType, scores, index.batch, index.head, queryView, index.rowTile, keyView, keyTile);
    IRMapping mapping = *stages.mapping;
    region.cloneInto(&map.getBody(), mapping);
    map.getBody().walk([&](tensor::ExtractOp extract) { replaceExtract(extract); });
    scores = map;
  }
  if (guarded)
    scores = RestrictOp::create(b, scoreType, scores, segment, getNumbers(), index.batch, index.head, queryView, index.rowTile, keyView, keyTile);
  return scores;
}

Value RowTileBuilder::buildKeyLoop(SegmentAttr segment, Value lower, Value upper, bool guarded, Value state) {
  auto loop = ForKeysOp::create(b, state.getType(), lower, upper, state);
  Block &body = loop.getBody().emplaceBlock();
  Value keyTile = body.addArgument(b.getIndexType(), b.getLoc());
  Value running = body.addArgument(state.getType(), b.getLoc());
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(&body);
  Value scores = buildScores(segment, keyTile, guarded);
  auto valueType = cast<ViewType>(valueView.getType());
  auto step = StepOp::create(b, running, scores, stages.exponent, valueType.getElementType());
  Value values = LoadOp::create(b, getTile({{"j", keys}, {"e", valueType.getFeatures()}}, valueType.getElementType()), valueView, keyTile);
  Value product = ContractOp::create(b, getTile({{"i", rows}, {"e", valueType.getFeatures()}}, b.getF32Type()), step.getWeights(), values, "j",
                                     stages.online.getPrecisionAttr());
  Value next = AccumulateOp::create(b, running.getType(), step.getNewState(), step.getRescale(), product);
  YieldOp::create(b, next);
  return loop;
}

Value RowTileBuilder::buildSegment(SegmentAttr segment, Value state) {
  Value limit = buildKeyLimit();
  keyView = buildKeyView(segment, stages.key, "d", keyHead, limit);
  valueView = buildKeyView(segment, stages.value, "e", keyHead, limit);
  Value chunkBegin, chunkEnd;
  if (index.chunk) {
    Value chunkKeys = index.chunkKeys ? index.chunkKeys : buildIndex(b, stages.tiles.splitKeys);
    chunkBegin = arith::MulIOp::create(b, index.chunk, chunkKeys);
    chunkEnd = arith::AddIOp::create(b, chunkBegin, chunkKeys);
  }
  Type type = b.getIndexType();
  auto bounds = BoundsOp::create(b, type, type, type, type, segment, getNumbers(), index.batch, index.head, queryView, index.rowTile,
                                 b.getI64IntegerAttr(rows), keyView, b.getI64IntegerAttr(keys), chunkBegin, chunkEnd);
  // Without a lower bound nothing is hidden below the guard-free tiles.
  bool hasLowerEdge = segment.getLower().getNumResults() > 0 || segment.getWhen() || segment.getPredicate();
  if (hasLowerEdge)
    state = buildKeyLoop(segment, bounds.getLo(), bounds.getUlo(), /*guarded=*/true, state);
  // With a predicate no tile is free of guards.
  if (!segment.getPredicate())
    state = buildKeyLoop(segment, bounds.getUlo(), bounds.getUhi(), /*guarded=*/false, state);
  return buildKeyLoop(segment, bounds.getUhi(), bounds.getHi(), /*guarded=*/true, state);
}

Value RowTileBuilder::build() {
  auto partial = stages.online.getPartial().getType();
  RowWindow window = buildRowWindow(b, stages, index);
  queryView = buildQueryView(b, stages, index, window, stages.query);
  auto queryType = cast<ViewType>(queryView.getType());
  queryTile = LoadOp::create(b, getTile({{"i", rows}, {"d", queryType.getFeatures()}}, queryType.getElementType()), queryView, index.rowTile);
  keyHead = index.head;
  if (int64_t perKeyHead = stages.online.getGroup() / stages.group; perKeyHead > 1)
    keyHead = arith::DivSIOp::create(b, index.head, buildIndex(b, perKeyHead));
  Value state = InitOp::create(b, StateType::get(b.getContext(), partial.getNormalizer(), rows, partial.getShape().back()));
  for (SegmentAttr segment : stages.online.getSegments().getSegments())
    state = buildSegment(segment, state);
  return state;
}

Value attn::buildRowTile(ImplicitLocOpBuilder &b, const AttentionStages &stages, const RowTileIndex &index, int64_t rows, int64_t keys) {
  return RowTileBuilder(b, stages, index, rows, keys).build();
}

//===----------------------------------------------------------------------===//
// Results
//===----------------------------------------------------------------------===//

void attn::buildStoreResults(ImplicitLocOpBuilder &b, const AttentionStages &stages, const RowTileIndex &index, Value state, Value exponent,
                             const ResultMemory &results, Value condition) {
  auto type = cast<StateType>(state.getType());
  StringAttr i = b.getStringAttr("i"), e = b.getStringAttr("e");
  auto outputTile = TileType::get(b.getContext(), {i, e}, {type.getRows(), type.getWidth()}, b.getF32Type());
  auto rowTile = TileType::get(b.getContext(), {i}, {type.getRows()}, b.getF32Type());
  auto finished = FinalizeRowsOp::create(b, outputTile, rowTile, rowTile, state, exponent);
  RowWindow window = buildRowWindow(b, stages, index);
  // Nothing is written to a view without rows.
  if (condition)
    window.count = arith::SelectOp::create(b, condition, window.count, buildIndex(b, 0));
  auto store = [&](Value tile, Value memory) {
    if (memory)
      StoreOp::create(b, tile, buildQueryView(b, stages, index, window, memory), index.rowTile);
  };
  store(finished.getOutput(), results.output);
  store(finished.getLse(), results.lse);
  store(finished.getRowMax(), results.rowMax);
}
