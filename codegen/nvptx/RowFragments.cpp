//===- RowFragments.cpp - rows as the threads of a warp hold them ---------===//

#include "codegen/nvptx/RowFragments.h"
#include "codegen/lower/AffineEmission.h"
#include "codegen/lower/RowInterval.h"
#include "codegen/nvptx/SharedTile.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/IRMapping.h"
#include "passes/analysis/SegmentAttributes.h"
#include <limits>

using namespace mlir;
using namespace mlir::attn;

static Value indexConstant(ImplicitLocOpBuilder &b, int64_t value) { return arith::ConstantIndexOp::create(b, value); }

static Value f32Constant(ImplicitLocOpBuilder &b, double value) { return arith::ConstantOp::create(b, b.getF32FloatAttr(value)); }

static Value toIndex(ImplicitLocOpBuilder &b, Value value) { return arith::IndexCastOp::create(b, b.getIndexType(), value); }

Value attn::toI32(ImplicitLocOpBuilder &b, Value index) {
  constexpr int64_t kMost = std::numeric_limits<int32_t>::max() - (1 << 20);
  return arith::IndexCastOp::create(b, b.getI32Type(), arith::MinSIOp::create(b, index, indexConstant(b, kMost)));
}

/// Element `column` (i32) of the row at `address` (i64), as f32.
static Value loadGlobal(ImplicitLocOpBuilder &b, Type type, Value address, Value column) {
  auto pointer = LLVM::LLVMPointerType::get(b.getContext(), unsigned(NVVM::NVVMMemorySpace::Global));
  Value base = LLVM::IntToPtrOp::create(b, pointer, address);
  Value loaded = LLVM::LoadOp::create(b, type, LLVM::GEPOp::create(b, pointer, type, base, ArrayRef<LLVM::GEPArg>{column}));
  return type.isF32() ? loaded : Value(arith::ExtFOp::create(b, b.getF32Type(), loaded));
}

RowFragments::RowFragments(ImplicitLocOpBuilder &b, NormalizerAttrInterface normalizer, FragmentShape shape, Value lane, Value firstWarpRow,
                           Value columnWarp)
    : b(b), normalizer(normalizer), shape(shape), firstWarpRow(firstWarpRow) {
  quadRow = arith::ShRUIOp::create(b, lane, i32Constant(b, 2));
  quadColumn = arith::ShLIOp::create(b, arith::AndIOp::create(b, lane, i32Constant(b, 3)), i32Constant(b, 1));
  if (columnWarp)
    quadColumn = arith::AddIOp::create(b, quadColumn, arith::MulIOp::create(b, columnWarp, i32Constant(b, 8 * shape.getValueBlocks())));
}

Value RowFragments::getRowInTile(unsigned row) {
  return arith::AddIOp::create(b, firstWarpRow, arith::AddIOp::create(b, quadRow, i32Constant(b, 8 * row)));
}

StoreColumns RowFragments::getColumns() const {
  StoreColumns columns;
  columns.first = quadColumn;
  columns.last += (shape.columnWarps - 1) * 8 * shape.getValueBlocks();
  return columns;
}

SmallVector<Value> RowFragments::flatten(const State &state) {
  SmallVector<Value> values;
  for (const SmallVector<Value> &row : state.statistics)
    llvm::append_range(values, row);
  llvm::append_range(values, flattenFragments(state.accumulators));
  return values;
}

RowFragments::State RowFragments::unflatten(ValueRange values) {
  State state;
  unsigned count = normalizer.getInitialStatistics().size();
  for (unsigned row = 0; row < getRowCount(); ++row) {
    state.statistics.emplace_back(values.take_front(count));
    values = values.drop_front(count);
  }
  for (unsigned block = 0; block < shape.getRowBlocks() * shape.getValueBlocks(); ++block) {
    state.accumulators.emplace_back(values.take_front(4));
    values = values.drop_front(4);
  }
  return state;
}

SmallVector<std::pair<unsigned, unsigned>> RowFragments::getRowNumbers(unsigned row, unsigned columnBlocks) {
  SmallVector<std::pair<unsigned, unsigned>> numbers;
  for (unsigned block = 0; block < columnBlocks; ++block)
    for (unsigned n = 0; n < 2; ++n)
      numbers.push_back({row / 2 * columnBlocks + block, 2 * (row % 2) + n});
  return numbers;
}

Value RowFragments::getColumn(unsigned block, unsigned number) {
  return arith::AddIOp::create(b, quadColumn, i32Constant(b, 8 * block + number % 2));
}

/// Combines the values of the four lanes that share a row; each of them gets the result.
Value RowFragments::reduceOverQuad(Value value, llvm::function_ref<Value(Value, Value)> combine) {
  for (int64_t distance : {1, 2})
    value = combine(value, exchangeLanes(b, value, distance));
  return value;
}

SmallVector<RowFragments::ThreadRow> RowFragments::getThreadRows(QueryViewOp view, Value rowTile) {
  SmallVector<ThreadRow> rows;
  Value first = arith::MulIOp::create(b, rowTile, indexConstant(b, shape.tileRows));
  Value group = indexConstant(b, view.getGroup());
  Value headBase = arith::MulIOp::create(b, view.getHead(), group);
  bool isPacked = view.getGroup() > 1;
  for (unsigned row = 0; row < getRowCount(); ++row) {
    ThreadRow result;
    result.packed = arith::AddIOp::create(b, first, toIndex(b, getRowInTile(row)));
    Value position = isPacked ? Value(arith::DivUIOp::create(b, result.packed, group)) : result.packed;
    result.head = isPacked ? Value(arith::AddIOp::create(b, headBase, arith::RemUIOp::create(b, result.packed, group))) : view.getHead();
    result.position = arith::AddIOp::create(b, position, view.getOrigin());
    result.query = arith::MulIOp::create(b, result.position, indexConstant(b, view.getStep()));
    result.query = arith::AddIOp::create(b, result.query, view.getResidue());
    rows.push_back(result);
  }
  return rows;
}

//===----------------------------------------------------------------------===//
// One key tile
//===----------------------------------------------------------------------===//

ScoreRegion RowFragments::prepareRegion(Region &region, ArrayRef<ThreadRow> rows, Value batch) {
  SmallVector<Value> heads = llvm::map_to_vector(rows, [](const ThreadRow &row) { return row.head; });
  SmallVector<Value> queries = llvm::map_to_vector(rows, [](const ThreadRow &row) { return row.query; });
  return ScoreRegion(b, region, batch, heads, queries);
}

/// Key (i32) of the thread's first column in the tile.
Value RowFragments::getFirstKey(KeyViewOp view, Value firstKey) {
  Value key = arith::AddIOp::create(b, spreadInteger(b, firstKey, b.getI32Type()), quadColumn);
  key = arith::MulIOp::create(b, key, i32Constant(b, view.getStep()));
  return arith::AddIOp::create(b, key, spreadInteger(b, view.getPhase(), b.getI32Type()));
}

void RowFragments::beginTile(ScoreRegion &region, KeyViewOp view, Value firstKey) {
  region.beginTile(getFirstKey(view, firstKey), view.getStep());
}

ResultFragment RowFragments::startScores(ScoreRegion *bias, unsigned block) {
  if (!bias)
    return ResultFragment(4, f32Constant(b, 0.0));
  ResultFragment start;
  for (unsigned n = 0; n < 4; ++n)
    start.push_back(bias->emit(block / shape.getKeyBlocks() * 2 + n / 2, 8 * (block % shape.getKeyBlocks()) + n % 2));
  return start;
}

void RowFragments::applyMap(ScoreRegion &map, KeyViewOp view, Value firstKey, Scores &scores) {
  beginTile(map, view, firstKey);
  for (unsigned row = 0; row < getRowCount(); ++row) {
    auto forEach = [&](llvm::function_ref<void(int64_t column, Value &score)> body) {
      for (auto [block, n] : getRowNumbers(row, shape.getKeyBlocks()))
        body(8 * (block % shape.getKeyBlocks()) + n % 2, scores[block][n]);
    };
    if (map.hasCap())
      applyCap(map, row, forEach);
    else
      forEach([&](int64_t column, Value &score) { score = map.emit(row, column, score); });
  }
}

/// Scores of a row that pass through a cap. One large one among the warp's makes all of them take the long way.
void RowFragments::applyCap(ScoreRegion &map, unsigned row, ForEachScore forEach) {
  Value largest;
  size_t count = 0;
  forEach([&](int64_t column, Value &score) {
    ++count;
    Value size = math::AbsFOp::create(b, map.getCapInput(row, column, score));
    largest = largest ? Value(LLVM::MaxNumOp::create(b, largest, size)) : size;
  });
  Value isSmall = arith::CmpFOp::create(b, arith::CmpFPredicate::OLE, largest, map.getCapLimit(row));
  isSmall = NVVM::VoteSyncOp::create(b, b.getI1Type(), i32Constant(b, -1), isSmall, NVVM::VoteSyncKind::all);
  auto branch = scf::IfOp::create(b, SmallVector<Type>(count, b.getF32Type()), isSmall, /*withElseRegion=*/true);
  auto emitBranch = [&](Block *block, bool assumesSmall) {
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(block);
    // What one branch computes is not there in the other.
    ScoreRegion own = map;
    if (assumesSmall)
      own.assumeSmallCap();
    SmallVector<Value> values;
    forEach([&](int64_t column, Value &score) { values.push_back(own.emit(row, column, score)); });
    scf::YieldOp::create(b, values);
  };
  emitBranch(branch.thenBlock(), /*assumesSmall=*/true);
  emitBranch(branch.elseBlock(), /*assumesSmall=*/false);
  auto capped = branch.getResults().begin();
  forEach([&](int64_t column, Value &score) { score = *capped++; });
}

/// A thread has two columns of every eight.
static constexpr int64_t kColumnPeriod = 8, kColumnsPerPeriod = 2;
static constexpr int64_t kWordBits = 32;

Value RowFragments::countColumns(Value bound) {
  // No view has as many keys as 32 bits count, and beyond its ends nothing is visible: what lies further out may count as being there.
  constexpr int64_t kMost = std::numeric_limits<int32_t>::max() - (1 << 20);
  Type i64 = b.getI64Type();
  bound = arith::MinSIOp::create(b, arith::MaxSIOp::create(b, bound, integerConstant(b, i64, 0)), integerConstant(b, i64, kMost));
  Value own = arith::SubIOp::create(b, arith::TruncIOp::create(b, b.getI32Type(), bound), quadColumn);
  Value whole = arith::ShRSIOp::create(b, own, i32Constant(b, llvm::Log2_64(kColumnPeriod)));
  Value rest = arith::AndIOp::create(b, own, i32Constant(b, kColumnPeriod - 1));
  rest = arith::MinSIOp::create(b, rest, i32Constant(b, kColumnsPerPeriod));
  return arith::AddIOp::create(b, arith::MulIOp::create(b, whole, i32Constant(b, kColumnsPerPeriod)), rest);
}

/// The bounds of a segment that depend on the row, and those that do not.
static std::pair<SegmentAttr, SegmentAttr> splitByRow(SegmentAttr segment) {
  auto select = [](AffineMap map, bool ofRow) {
    SmallVector<AffineExpr> results;
    llvm::copy_if(map.getResults(), std::back_inserter(results), [&](AffineExpr result) { return result.isFunctionOfDim(2) == ofRow; });
    return AffineMap::get(map.getNumDims(), map.getNumSymbols(), results, map.getContext());
  };
  auto part = [&](bool ofRow) {
    return SegmentAttr::get(segment.getContext(), segment.getStride(), segment.getPhase(), select(segment.getLower(), ofRow),
                            select(segment.getUpper(), ofRow), ofRow ? AffineMap() : segment.getWhen(), segment.getPredicate());
  };
  return {part(true), part(false)};
}

/// How much all bounds grow from a row to the next; none where they do not agree.
static std::optional<int64_t> getGrowth(AffineMap bounds) {
  std::optional<int64_t> growth;
  AffineExpr row = getAffineDimExpr(2, bounds.getContext());
  for (AffineExpr bound : bounds.getResults()) {
    AffineExpr difference = simplifyAffineExpr(bound.replace(row, row + 1) - bound, bounds.getNumDims(), bounds.getNumSymbols());
    auto constant = dyn_cast<AffineConstantExpr>(difference);
    if (!constant || (growth && *growth != constant.getValue()))
      return std::nullopt;
    growth = constant.getValue();
  }
  return growth.value_or(0);
}

std::pair<RowFragments::Bound, RowFragments::Bound> RowFragments::getGuard(SegmentAttr segment, RestrictOp restrict, QueryViewOp queries,
                                                                          const ThreadRow &row, Value extent) {
  bool hasLower = segment.getLower().getNumResults(), hasUpper = extent || segment.getUpper().getNumResults();
  // Bounds are made of numbers of any size.
  if (!extent)
    extent = arith::ConstantOp::create(b, b.getI64IntegerAttr(std::numeric_limits<int64_t>::max()));
  RowInterval interval =
      emitRowInterval(b, segment, b.getI64Type(), {queries.getBatch(), queries.getHead(), row.position}, restrict.getNumbers(), extent);
  return {Bound{hasLower ? countColumns(interval.first) : Value()}, Bound{hasUpper ? countColumns(interval.end) : Value()}};
}

RowFragments::RowGuards RowFragments::getGuards(RestrictOp restrict, KeyViewOp view, ArrayRef<ThreadRow> rows, QueryViewOp queries) {
  RowGuards guards;
  auto [own, shared] = splitByRow(restrict.getSegment());
  std::optional<int64_t> lower = getGrowth(own.getLower()), upper = getGrowth(own.getUpper());
  AffineMap when = shared.getWhen();
  bool isWhenOfRow = when && when.isFunctionOfDim(2);
  // A thread's rows are eight apart, and so are its columns: where bounds move by whole columns they differ by constants from row to row, and one
  // register serves all. Clamping does no harm if it is done to the greatest bound: smaller ones only leave the view further.
  if (queries.getGroup() > 1 || isWhenOfRow || !lower || !upper || *lower < 0 || *upper < 0) {
    for (const ThreadRow &row : rows)
      guards.rows.push_back(getGuard(restrict.getSegment(), restrict, queries, row, view.getCount()));
    return guards;
  }
  auto last = getGuard(own, restrict, queries, rows.back(), {});
  for (int64_t row = 0, count = rows.size(); row < count; ++row)
    guards.rows.push_back({{last.first.columns, kColumnsPerPeriod * *lower * (row + 1 - count)},
                           {last.second.columns, kColumnsPerPeriod * *upper * (row + 1 - count)}});
  guards.all = getGuard(shared, restrict, queries, rows.back(), view.getCount());
  return guards;
}

SmallVector<Value> RowFragments::getHiddenWords(const RowGuards &guards, unsigned row, Value firstColumn) {
  Type i32 = b.getI32Type(), i64 = b.getI64Type();
  int64_t columns = shape.keys / kColumnPeriod * kColumnsPerPeriod;
  auto inTile = [&](const Bound &bound) -> Value {
    if (!bound.columns)
      return {};
    Value distance = arith::SubIOp::create(b, bound.columns, firstColumn);
    return bound.more ? Value(arith::AddIOp::create(b, distance, i32Constant(b, bound.more))) : distance;
  };
  auto join = [](Value lhs, Value rhs, llvm::function_ref<Value()> both) { return lhs && rhs ? both() : lhs ? lhs : rhs; };
  Value ownFirst = inTile(guards.rows[row].first), allFirst = inTile(guards.all.first);
  Value first = join(ownFirst, allFirst, [&]() -> Value { return arith::MaxSIOp::create(b, ownFirst, allFirst); });
  Value ownEnd = inTile(guards.rows[row].second), allEnd = inTile(guards.all.second);
  Value end = join(ownEnd, allEnd, [&]() -> Value { return arith::MinSIOp::create(b, ownEnd, allEnd); });
  SmallVector<Value> words;
  for (int64_t start = 0; start < columns; start += kWordBits) {
    // Ones from this column on; a shift of 64 bits may shift all ones out of the lower half.
    auto from = [&](Value distance) -> Value {
      if (start)
        distance = arith::SubIOp::create(b, distance, i32Constant(b, start));
      distance = arith::MaxSIOp::create(b, distance, i32Constant(b, 0));
      distance = arith::MinSIOp::create(b, distance, i32Constant(b, std::min(kWordBits, columns - start)));
      Value ones = arith::ShLIOp::create(b, integerConstant(b, i64, -1), arith::ExtUIOp::create(b, i64, distance));
      return arith::TruncIOp::create(b, i32, ones);
    };
    Value hidden = from(end);
    if (first)
      hidden = arith::OrIOp::create(b, hidden, arith::XOrIOp::create(b, from(first), i32Constant(b, -1)));
    words.push_back(hidden);
  }
  return words;
}

/// There are seven predicates for tests. The assembler fills them all at once (R2P) where each bit is tested for being zero, and used then and there.
Value RowFragments::testVisible(ArrayRef<Value> hiddenWords, int64_t number) {
  constexpr int64_t kPredicates = 7;
  Value hidden = hiddenWords[number / kWordBits];
  int64_t bit = number % kWordBits;
  if (bit >= kPredicates)
    hidden = arith::ShRUIOp::create(b, hidden, i32Constant(b, bit / kPredicates * kPredicates));
  Value tested = arith::AndIOp::create(b, hidden, i32Constant(b, int64_t(1) << bit % kPredicates));
  return arith::CmpIOp::create(b, arith::CmpIPredicate::eq, tested, i32Constant(b, 0));
}

void RowFragments::applyRestrict(RestrictOp restrict, KeyViewOp view, Value firstKey, ArrayRef<ThreadRow> rows, const RowGuards &guards,
                                 QueryViewOp queries, Scores &scores) {
  std::optional<MaskFormula> predicate = getSegment(restrict.getSegment()).predicate;
  Value hidden = f32Constant(b, -std::numeric_limits<double>::infinity());
  Value first = spreadInteger(b, firstKey, b.getI32Type()), firstOwn = predicate ? getFirstKey(view, firstKey) : Value();
  Value firstColumn = arith::DivUIOp::create(b, first, i32Constant(b, kColumnPeriod / kColumnsPerPeriod));
  for (unsigned row = 0; row < getRowCount(); ++row) {
    SmallVector<Value> words = getHiddenWords(guards, row, firstColumn);
    for (auto [number, place] : llvm::enumerate(getRowNumbers(row, shape.getKeyBlocks()))) {
      auto [block, n] = place;
      Value visible = testVisible(words, number);
      if (predicate) {
        Value key = arith::AddIOp::create(b, firstOwn, i32Constant(b, (8 * (block % shape.getKeyBlocks()) + n % 2) * view.getStep()));
        Value holds = emitFormula(b, *predicate, b.getI32Type(), {queries.getBatch(), rows[row].head, rows[row].query, key}, restrict.getNumbers());
        visible = arith::AndIOp::create(b, visible, holds);
      }
      scores[block][n] = arith::SelectOp::create(b, visible, scores[block][n], hidden);
    }
  }
}

Value RowFragments::combineRow(unsigned row, const Scores &scores, llvm::function_ref<Value(Value, Value)> combine) {
  SmallVector<Value> chains(shape.chains);
  for (auto [index, place] : llvm::enumerate(getRowNumbers(row, shape.getKeyBlocks()))) {
    Value &chain = chains[index % chains.size()], number = scores[place.first][place.second];
    chain = chain ? combine(chain, number) : number;
  }
  for (Value chain : ArrayRef<Value>(chains).drop_front())
    chains.front() = combine(chains.front(), chain);
  return chains.front();
}

// The normaliser sees scores that carry the exponent already, so that a product and a difference become one instruction. The largest scaled score
// is the largest score, scaled: rounding is monotonic and the exponent positive.
StepStart RowFragments::beginStep(StepOp step, unsigned row, ValueRange statistics, const Scores &scores) {
  auto larger = [&](Value x, Value y) -> Value { return LLVM::MaxNumOp::create(b, x, y); };
  Value one = f32Constant(b, 1.0), rowMax;
  if (normalizer.usesRowMax())
    rowMax = arith::MulFOp::create(b, reduceOverQuad(combineRow(row, scores, larger), larger), step.getExponent());
  return normalizer.buildBeginStep(b, statistics, rowMax, one);
}

SmallVector<Value> RowFragments::endStep(StepOp step, unsigned row, const StepStart &start, Scores &scores) {
  Value one = f32Constant(b, 1.0), rowSum;
  for (auto [block, n] : getRowNumbers(row, shape.getKeyBlocks())) {
    Value scaled = arith::MulFOp::create(b, scores[block][n], step.getExponent());
    scores[block][n] = normalizer.buildWeight(b, scaled, one, start.shift, arith::FastMathFlags::afn);
  }
  // The sum is that of this lane's keys: see mergeQuad.
  if (normalizer.usesRowSum())
    rowSum = combineRow(row, scores, [&](Value x, Value y) -> Value { return arith::AddFOp::create(b, x, y); });
  return normalizer.buildEndStep(b, start.statistics, start.rescale, rowSum);
}

SmallVector<Value> RowFragments::step(StepOp step, SmallVector<SmallVector<Value>> &statistics, Scores &scores) {
  SmallVector<Value> factors;
  for (unsigned row = 0; row < getRowCount(); ++row) {
    StepStart start = beginStep(step, row, statistics[row], scores);
    statistics[row] = endStep(step, row, start, scores);
    factors.push_back(start.rescale);
  }
  return factors;
}

void RowFragments::stepAndRescale(StepOp step, State &state, Scores &scores) {
  SmallVector<StepStart> starts;
  SmallVector<Value> factors;
  for (unsigned row = 0; row < getRowCount(); ++row) {
    starts.push_back(beginStep(step, row, state.statistics[row], scores));
    factors.push_back(starts.back().rescale);
  }
  rescaleIfNeeded(factors, state.accumulators);
  for (unsigned row = 0; row < getRowCount(); ++row)
    state.statistics[row] = endStep(step, row, starts[row], scores);
}

void RowFragments::rescaleIfNeeded(ArrayRef<Value> factors, SmallVector<ResultFragment> &accumulators) {
  Value one = f32Constant(b, 1.0), isNeeded;
  for (Value factor : factors) {
    if (!factor)
      continue;
    Value differs = arith::CmpFOp::create(b, arith::CmpFPredicate::UNE, factor, one);
    isNeeded = isNeeded ? Value(arith::OrIOp::create(b, isNeeded, differs)) : differs;
  }
  if (!isNeeded)
    return;
  Value isAnyNeeded = NVVM::VoteSyncOp::create(b, b.getI1Type(), i32Constant(b, -1), isNeeded, NVVM::VoteSyncKind::any);
  SmallVector<Value> same = flattenFragments(accumulators);
  auto branch = scf::IfOp::create(b, ValueRange(same).getTypes(), isAnyNeeded, /*withElseRegion=*/true);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(branch.elseBlock());
  scf::YieldOp::create(b, same);
  b.setInsertionPointToStart(branch.thenBlock());
  rescale(factors, accumulators);
  scf::YieldOp::create(b, flattenFragments(accumulators));
  assignFragments(accumulators, branch.getResults());
}

void RowFragments::rescale(ArrayRef<Value> factors, SmallVector<ResultFragment> &accumulators) {
  for (auto [row, factor] : llvm::enumerate(factors)) {
    if (!factor)
      continue;
    for (auto [block, n] : getRowNumbers(row, shape.getValueBlocks()))
      accumulators[block][n] = arith::MulFOp::create(b, accumulators[block][n], factor);
  }
}

//===----------------------------------------------------------------------===//
// States
//===----------------------------------------------------------------------===//

RowFragments::State RowFragments::init() {
  State state;
  SmallVector<Value> statistics;
  for (double value : normalizer.getInitialStatistics())
    statistics.push_back(f32Constant(b, value));
  state.statistics.assign(getRowCount(), statistics);
  state.accumulators.assign(shape.getRowBlocks() * shape.getValueBlocks(), ResultFragment(4, f32Constant(b, 0.0)));
  return state;
}

RowFragments::State RowFragments::loadFinished(LoadFinishedOp op) {
  auto view = op.getOutput().getDefiningOp<QueryViewOp>(), lseView = op.getLse().getDefiningOp<QueryViewOp>();
  GlobalView outputs(b, view), statistics(b, lseView);
  Type type = view.getView().getType().getElementType();
  Value last = arith::SubIOp::create(b, arith::MulIOp::create(b, view.getCount(), indexConstant(b, view.getGroup())), indexConstant(b, 1));
  State state;
  state.isPerLane = false;
  state.accumulators.assign(shape.getRowBlocks() * shape.getValueBlocks(), ResultFragment(4));
  for (auto [number, row] : llvm::enumerate(getThreadRows(view, op.getIndex()))) {
    Value packed = toI64(b, arith::MinSIOp::create(b, row.packed, last));
    Value lse = loadGlobal(b, b.getF32Type(), statistics.getAddress(b, packed), i32Constant(b, 0));
    state.statistics.push_back(normalizer.buildFromFinished(b, lse, f32Constant(b, 1.0)));
    Value address = outputs.getAddress(b, packed);
    for (auto [block, n] : getRowNumbers(number, shape.getValueBlocks())) {
      Value column = arith::MinSIOp::create(b, getColumn(block % shape.getValueBlocks(), n), i32Constant(b, shape.valueDim - 1));
      state.accumulators[block][n] = loadGlobal(b, type, address, column);
    }
  }
  return state;
}

RowFragments::State RowFragments::merge(const State &lhs, const State &rhs) {
  State merged = lhs;
  auto times = [&](Value number, Value factor) -> Value { return factor ? Value(arith::MulFOp::create(b, number, factor)) : number; };
  for (unsigned row = 0; row < getRowCount(); ++row) {
    MergeResult both = normalizer.buildMerge(b, lhs.statistics[row], rhs.statistics[row], f32Constant(b, 1.0));
    merged.statistics[row] = both.statistics;
    for (auto [block, n] : getRowNumbers(row, shape.getValueBlocks()))
      merged.accumulators[block][n] =
          arith::AddFOp::create(b, times(lhs.accumulators[block][n], both.lhsFactor), times(rhs.accumulators[block][n], both.rhsFactor));
  }
  return merged;
}

/// Each of the four lanes of a row has the statistics of its own keys, under the maximum of all: disjoint key sets, so that the normaliser's merge
/// joins them. With one maximum the factors of the accumulators are 1.
SmallVector<Value> RowFragments::mergeQuad(SmallVector<Value> statistics) {
  for (int64_t distance : {1, 2}) {
    SmallVector<Value> others = llvm::map_to_vector(statistics, [&](Value value) { return exchangeLanes(b, value, distance); });
    statistics = normalizer.buildMerge(b, statistics, others, f32Constant(b, 1.0)).statistics;
  }
  return statistics;
}

RowFragments::State RowFragments::joinLanes(const State &state) {
  State joined = state;
  if (state.isPerLane)
    for (SmallVector<Value> &statistics : joined.statistics)
      statistics = mergeQuad(statistics);
  joined.isPerLane = false;
  return joined;
}

void RowFragments::finalize(FinalizeRowsOp op, const State &state, bool inChunks) {
  RowStore store(b, op);
  StoreColumns columns = getColumns();
  columns.isQuad = inChunks;
  State finished = state;
  SmallVector<FinalResult> results = finish(finished);
  for (auto [number, row] : llvm::enumerate(getThreadRows(store.getView(), store.getRowTile()))) {
    SmallVector<Value> outputs;
    for (auto [block, n] : getRowNumbers(number, shape.getValueBlocks()))
      outputs.push_back(finished.accumulators[block][n]);
    store.write(b, toI64(b, row.packed), columns, shape.valueDim, outputs, results[number]);
  }
}

SmallVector<FinalResult> RowFragments::finish(State &state) {
  SmallVector<FinalResult> results;
  SmallVector<Value> factors;
  for (const SmallVector<Value> &row : state.statistics) {
    results.push_back(normalizer.buildFinalize(b, state.isPerLane ? mergeQuad(row) : row, f32Constant(b, 1.0)));
    factors.push_back(results.back().outputFactor);
  }
  rescale(factors, state.accumulators);
  return results;
}

void RowFragments::writeStatistics(RowStore &store, ArrayRef<FinalResult> results) {
  for (auto [number, row] : llvm::enumerate(getThreadRows(store.getView(), store.getRowTile())))
    store.writeStatistics(b, toI64(b, row.packed), getColumns(), results[number]);
}
