//===- WarpLowering.cpp - one stage, from tiles to warps ------------------===//

#include "codegen/nvptx/WarpLowering.h"
#include "codegen/lower/AffineEmission.h"
#include "codegen/lower/LoopBounds.h"
#include "codegen/lower/RowInterval.h"
#include "codegen/nvptx/RowStore.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/IRMapping.h"
#include "passes/analysis/SegmentAttributes.h"
#include <limits>

using namespace mlir;
using namespace mlir::attn;

static Value indexConstant(ImplicitLocOpBuilder &b, int64_t value) { return arith::ConstantIndexOp::create(b, value); }

static Value f32Constant(ImplicitLocOpBuilder &b, double value) { return arith::ConstantOp::create(b, b.getF32FloatAttr(value)); }

static Value toIndex(ImplicitLocOpBuilder &b, Value value) { return arith::IndexCastOp::create(b, b.getIndexType(), value); }

/// An index as i32: as many rows of any head as memory holds, and a tile more, can be counted in it.
static Value toI32(ImplicitLocOpBuilder &b, Value index) {
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

//===----------------------------------------------------------------------===//
// Preparation
//===----------------------------------------------------------------------===//

/// Finds the sizes of the stage.
LogicalResult WarpLowering::prepare() {
  ForPanelsOp panels;
  FinalizeRowsOp finalize;
  stage.walk([&](Operation *op) {
    if (auto found = dyn_cast<ForPanelsOp>(op); found && !panels)
      panels = found;
    else if (auto found = dyn_cast<FinalizeRowsOp>(op))
      finalize = found;
  });
  if (panels)
    return prepareProducts(panels);
  if (!finalize)
    return stage.emitError("expected a stage that finishes rows, which is what this target can run so far");
  // Results that are merged: two states at a time, so few rows for each warp.
  StateType type = finalize.getState().getType();
  normalizer = type.getNormalizer();
  tileRows = type.getRows();
  warpRows = GpuMachine::kAtomRows;
  valueDim = type.getWidth();
  prepareThreads();
  return success();
}

void WarpLowering::prepareThreads() {
  rowBlocks = warpRows / GpuMachine::kAtomRows;
  valueBlocks = (valueDim + 15) / 16 * 2;
  thread.count = tileRows / warpRows * GpuMachine::kWarpThreads;
  b.setInsertionPointToStart(&stage.getBody().front());
  thread.thread = NVVM::ThreadIdXOp::create(b, b.getI32Type());
  thread.lane = arith::AndIOp::create(b, thread.thread, i32Constant(b, GpuMachine::kWarpThreads - 1));
  thread.warp = arith::DivUIOp::create(b, thread.thread, i32Constant(b, GpuMachine::kWarpThreads));
  firstWarpRow = arith::MulIOp::create(b, thread.warp, i32Constant(b, warpRows));
  quadRow = arith::ShRUIOp::create(b, thread.lane, i32Constant(b, 2));
  quadColumn = arith::ShLIOp::create(b, arith::AndIOp::create(b, thread.lane, i32Constant(b, 3)), i32Constant(b, 1));
}

/// Sizes of an attention, and its tiles in shared memory.
LogicalResult WarpLowering::prepareProducts(ForPanelsOp panels) {
  FailureOr<TileWork> work = matchTileWork(panels.getBody().front());
  if (failed(work))
    return failure();
  ViewType keyType = work->keyView.getView().getType(), valueType = work->valueView.getView().getType();
  element = keyType.getElementType();
  if (!machine.hasProduct(element) || valueType.getElementType() != element)
    return stage.emitError("expected queries, keys and values of bf16 or f16 for target ") << machine.name << ", but got " << element;
  StateType type = panels.getInitial().getType();
  normalizer = type.getNormalizer();
  tileRows = type.getRows();
  warpRows = cast<StateType>(panels.getBody().getArgument(1).getType()).getRows();
  keys = cast<TileType>(work->keys.getType()).getSize("j");
  keyDim = keyType.getFeatures();
  valueDim = valueType.getFeatures();
  keyBlocks = keys / 8;

  int64_t queryBytes = SharedTile::getBytes(tileRows, keyDim), keyBytes = SharedTile::getBytes(keys, keyDim);
  sharedBytes = queryBytes + keyBytes + SharedTile::getBytes(keys, valueDim);
  if (sharedBytes > machine.sharedBytes)
    return stage.emitError("expected tiles of at most ") << machine.sharedBytes << " bytes of shared memory for target " << machine.name << ", but got "
                                                           << sharedBytes << " for head dims " << keyDim << " and " << valueDim;

  prepareThreads();
  auto shared = LLVM::LLVMPointerType::get(b.getContext(), unsigned(NVVM::NVVMMemorySpace::Shared));
  Value base = LLVM::AddressOfOp::create(b, shared, "attn_shared");
  queryTile.emplace(b, thread, base, 0, tileRows, keyDim, firstWarpRow);
  keyTile.emplace(b, thread, base, queryBytes, keys, keyDim);
  valueTile.emplace(b, thread, base, queryBytes + keyBytes, keys, valueDim);
  return success();
}

SmallVector<Value> WarpLowering::flatten(const State &state) {
  SmallVector<Value> values;
  for (const SmallVector<Value> &row : state.statistics)
    llvm::append_range(values, row);
  for (const ResultFragment &block : state.accumulators)
    llvm::append_range(values, block);
  return values;
}

WarpLowering::State WarpLowering::unflatten(ValueRange values) {
  State state;
  unsigned count = normalizer.getInitialStatistics().size();
  for (unsigned row = 0; row < 2 * rowBlocks; ++row) {
    state.statistics.emplace_back(values.take_front(count));
    values = values.drop_front(count);
  }
  for (unsigned block = 0; block < rowBlocks * valueBlocks; ++block) {
    state.accumulators.emplace_back(values.take_front(4));
    values = values.drop_front(4);
  }
  return state;
}

SmallVector<std::pair<unsigned, unsigned>> WarpLowering::getRowNumbers(unsigned row, unsigned columnBlocks) {
  SmallVector<std::pair<unsigned, unsigned>> numbers;
  for (unsigned block = 0; block < columnBlocks; ++block)
    for (unsigned n = 0; n < 2; ++n)
      numbers.push_back({row / 2 * columnBlocks + block, 2 * (row % 2) + n});
  return numbers;
}

Value WarpLowering::getColumn(unsigned block, unsigned number) {
  return arith::AddIOp::create(b, quadColumn, i32Constant(b, 8 * block + number % 2));
}

Value WarpLowering::exchange(Value value, int64_t distance) {
  return NVVM::ShflOp::create(b, b.getF32Type(), i32Constant(b, -1), value, i32Constant(b, distance), i32Constant(b, 31), NVVM::ShflKind::bfly,
                              UnitAttr());
}

/// Combines the values of the four lanes that share a row; each of them gets the result.
Value WarpLowering::reduceOverQuad(Value value, llvm::function_ref<Value(Value, Value)> combine) {
  for (int64_t distance : {1, 2})
    value = combine(value, exchange(value, distance));
  return value;
}

SmallVector<WarpLowering::ThreadRow> WarpLowering::getThreadRows(QueryViewOp view, Value rowTile) {
  SmallVector<ThreadRow> rows;
  Value first = arith::MulIOp::create(b, rowTile, indexConstant(b, tileRows));
  Value group = indexConstant(b, view.getGroup());
  Value headBase = arith::MulIOp::create(b, view.getHead(), group);
  for (unsigned row = 0; row < 2 * rowBlocks; ++row) {
    Value inTile = arith::AddIOp::create(b, firstWarpRow, arith::AddIOp::create(b, quadRow, i32Constant(b, 8 * row)));
    ThreadRow result;
    result.packed = arith::AddIOp::create(b, first, toIndex(b, inTile));
    Value position = arith::DivUIOp::create(b, result.packed, group);
    result.head = arith::AddIOp::create(b, headBase, arith::RemUIOp::create(b, result.packed, group));
    result.position = arith::AddIOp::create(b, position, view.getOrigin());
    result.query = arith::MulIOp::create(b, result.position, indexConstant(b, view.getStep()));
    result.query = arith::AddIOp::create(b, result.query, view.getResidue());
    rows.push_back(result);
  }
  return rows;
}

//===----------------------------------------------------------------------===//
// Around the loops
//===----------------------------------------------------------------------===//

void WarpLowering::copyRows(SharedTile &tile, const GlobalView &view, Value first, Value count, int64_t rows, int64_t columns) {
  GlobalRows source;
  Value start = arith::ExtSIOp::create(b, b.getI64Type(), first);
  auto address = [&](ImplicitLocOpBuilder &b, Value row) {
    return view.getAddress(b, arith::AddIOp::create(b, start, arith::ExtUIOp::create(b, b.getI64Type(), row)));
  };
  source.address = address;
  source.count = arith::SubIOp::create(b, count, first);
  source.columns = columns;
  source.stride = view.getStride();
  source.isAligned = isAligned;
  tile.copy(b, thread, source);
}

void WarpLowering::lowerQueries(PackOp op) {
  auto view = op.getView().getDefiningOp<QueryViewOp>();
  Value first = arith::MulIOp::create(b, op.getTile(), indexConstant(b, tileRows));
  Value count = arith::MulIOp::create(b, view.getCount(), indexConstant(b, view.getGroup()));
  copyRows(*queryTile, GlobalView(b, view), toI32(b, first), toI32(b, count), tileRows, keyDim);
  commitCopies(b);
}

void WarpLowering::lowerInit(InitOp op) {
  State state;
  SmallVector<Value> statistics;
  for (double value : normalizer.getInitialStatistics())
    statistics.push_back(f32Constant(b, value));
  state.statistics.assign(2 * rowBlocks, statistics);
  state.accumulators.assign(rowBlocks * valueBlocks, ResultFragment(4, f32Constant(b, 0.0)));
  states[op.getState()] = state;
}

/// A finished result as a state. Rows and columns that do not exist repeat others, and are not stored.
void WarpLowering::lowerLoadFinished(LoadFinishedOp op) {
  auto view = op.getOutput().getDefiningOp<QueryViewOp>(), lseView = op.getLse().getDefiningOp<QueryViewOp>();
  GlobalView outputs(b, view), statistics(b, lseView);
  Type type = view.getView().getType().getElementType();
  Value last = arith::SubIOp::create(b, arith::MulIOp::create(b, view.getCount(), indexConstant(b, view.getGroup())), indexConstant(b, 1));
  State state;
  state.isPerLane = false;
  state.accumulators.assign(rowBlocks * valueBlocks, ResultFragment(4));
  for (auto [number, row] : llvm::enumerate(getThreadRows(view, op.getIndex()))) {
    Value packed = toI64(b, arith::MinSIOp::create(b, row.packed, last));
    Value lse = loadGlobal(b, b.getF32Type(), statistics.getAddress(b, packed), i32Constant(b, 0));
    state.statistics.push_back(normalizer.buildFromFinished(b, lse, f32Constant(b, 1.0)));
    Value address = outputs.getAddress(b, packed);
    for (auto [block, n] : getRowNumbers(number, valueBlocks)) {
      Value column = arith::MinSIOp::create(b, getColumn(block % valueBlocks, n), i32Constant(b, valueDim - 1));
      state.accumulators[block][n] = loadGlobal(b, type, address, column);
    }
  }
  states[op.getState()] = state;
}

void WarpLowering::lowerMergeStates(MergeStatesOp op) {
  State lhs = states.lookup(op.getLhs()), rhs = states.lookup(op.getRhs());
  auto times = [&](Value number, Value factor) -> Value { return factor ? Value(arith::MulFOp::create(b, number, factor)) : number; };
  for (unsigned row = 0; row < 2 * rowBlocks; ++row) {
    MergeResult both = normalizer.buildMerge(b, lhs.statistics[row], rhs.statistics[row], f32Constant(b, 1.0));
    lhs.statistics[row] = both.statistics;
    for (auto [block, n] : getRowNumbers(row, valueBlocks))
      lhs.accumulators[block][n] =
          arith::AddFOp::create(b, times(lhs.accumulators[block][n], both.lhsFactor), times(rhs.accumulators[block][n], both.rhsFactor));
  }
  states[op.getState()] = lhs;
}

/// The first keys of a segment are fetched as soon as it is known which these are.
LogicalResult WarpLowering::lowerSegment(BoundsOp op) {
  auto view = op.getKeys().getDefiningOp<KeyViewOp>();
  FailureOr<LoopBounds> bounds = lowerBounds(b, op);
  if (failed(bounds))
    return failure();
  segmentEnds[view.getView()] = bounds->hi;
  // Other warps may still read the keys of the segment before this one.
  NVVM::Barrier0Op::create(b);
  Value first = arith::MulIOp::create(b, bounds->lo, indexConstant(b, keys)), end = arith::MulIOp::create(b, bounds->hi, indexConstant(b, keys));
  copyRows(*keyTile, GlobalView(b, view), toI32(b, first), toI32(b, arith::MinSIOp::create(b, end, view.getCount())), keys, keyDim);
  commitCopies(b);
  return success();
}

//===----------------------------------------------------------------------===//
// One key tile
//===----------------------------------------------------------------------===//

WarpLowering::Scores WarpLowering::buildScores() {
  Scores scores(rowBlocks * keyBlocks, ResultFragment(4, f32Constant(b, 0.0)));
  for (int64_t step = 0; step < keyTile->getDepthSteps(); ++step) {
    SmallVector<SmallVector<Value>> queries;
    for (unsigned block = 0; block < rowBlocks; ++block)
      queries.push_back(queryTile->load(b, MatrixOrder::RowsFirst, 16 * block, step, /*transpose=*/false));
    for (unsigned pair = 0; pair < keyBlocks / 2; ++pair) {
      SmallVector<Value> loaded = keyTile->load(b, MatrixOrder::ColumnsFirst, 16 * pair, step, /*transpose=*/false);
      for (unsigned block = 0; block < rowBlocks; ++block)
        for (unsigned half = 0; half < 2; ++half) {
          ResultFragment &result = scores[block * keyBlocks + 2 * pair + half];
          result = multiplyAdd(b, element, queries[block], ValueRange(loaded).slice(2 * half, 2), result);
        }
    }
  }
  return scores;
}

void WarpLowering::applyMap(MapOp map, KeyViewOp view, Value firstKey, ArrayRef<ThreadRow> rows, Value batch, Scores &scores) {
  Block &region = map.getBody().front();
  for (auto [number, row] : llvm::enumerate(rows))
    for (auto [block, n] : getRowNumbers(number, keyBlocks)) {
      Value column = toIndex(b, getColumn(block % keyBlocks, n));
      Value key = arith::MulIOp::create(b, arith::AddIOp::create(b, firstKey, column), indexConstant(b, view.getStep()));
      key = arith::AddIOp::create(b, key, view.getPhase());
      IRMapping mapping;
      mapping.map(region.getArguments(), ValueRange{scores[block][n], batch, row.head, row.query, key});
      for (Operation &op : region.without_terminator()) {
        Operation *cloned = b.clone(op, mapping);
        // Correct rounding of a quotient takes ten instructions; two units in the last place of a score are far below its inputs' rounding.
        if (auto quotient = dyn_cast<arith::DivFOp>(cloned))
          quotient.setFastmath(quotient.getFastmath() | arith::FastMathFlags::afn);
      }
      scores[block][n] = mapping.lookupOrDefault(region.getTerminator()->getOperand(0));
    }
}

void WarpLowering::applyRestrict(RestrictOp restrict, KeyViewOp view, Value firstKey, ArrayRef<ThreadRow> rows, QueryViewOp queries, Scores &scores) {
  SegmentAttr segment = restrict.getSegment();
  std::optional<MaskFormula> predicate = getSegment(segment).predicate;
  ValueRange numbers = restrict.getNumbers();
  Value hidden = f32Constant(b, -std::numeric_limits<double>::infinity());
  for (auto [number, row] : llvm::enumerate(rows)) {
    RowInterval interval = emitRowInterval(b, segment, b.getI64Type(), {queries.getBatch(), queries.getHead(), row.position}, numbers, firstKey,
                                           view.getCount(), keys);
    // Relative to the thread's first column, so that each comparison is with a constant.
    auto relative = [&](Value bound) -> Value {
      return arith::SubIOp::create(b, arith::TruncIOp::create(b, b.getI32Type(), bound), quadColumn);
    };
    Value first = relative(interval.first), end = relative(interval.end);
    for (auto [block, n] : getRowNumbers(number, keyBlocks)) {
      Value column = i32Constant(b, 8 * (block % keyBlocks) + n % 2);
      Value visible = arith::AndIOp::create(b, arith::CmpIOp::create(b, arith::CmpIPredicate::sle, first, column),
                                            arith::CmpIOp::create(b, arith::CmpIPredicate::sgt, end, column));
      if (predicate) {
        Value inView = arith::AddIOp::create(b, firstKey, toIndex(b, getColumn(block % keyBlocks, n)));
        Value key = arith::AddIOp::create(b, arith::MulIOp::create(b, inView, indexConstant(b, view.getStep())), view.getPhase());
        Value holds = emitFormula(b, *predicate, b.getI32Type(), {queries.getBatch(), row.head, row.query, key}, numbers);
        visible = arith::AndIOp::create(b, visible, holds);
      }
      scores[block][n] = arith::SelectOp::create(b, visible, scores[block][n], hidden);
    }
  }
}

void WarpLowering::stepRow(StepOp step, unsigned row, State &state, Scores &scores) {
  auto numbers = getRowNumbers(row, keyBlocks);
  auto combineAll = [&](llvm::function_ref<Value(Value, Value)> combine) {
    Value all;
    for (auto [block, n] : numbers)
      all = all ? combine(all, scores[block][n]) : scores[block][n];
    return all;
  };
  auto larger = [&](Value x, Value y) -> Value { return LLVM::MaxNumOp::create(b, x, y); };
  // The normaliser sees scores that carry the exponent already, so that a product and a difference become one instruction. The largest scaled score
  // is the largest score, scaled: rounding is monotonic and the exponent positive.
  Value exponent = step.getExponent(), one = f32Constant(b, 1.0), rowMax, rowSum;
  auto scale = [&](Value score) -> Value { return arith::MulFOp::create(b, score, exponent); };
  if (normalizer.usesRowMax())
    rowMax = scale(reduceOverQuad(combineAll(larger), larger));
  StepStart start = normalizer.buildBeginStep(b, state.statistics[row], rowMax, one);
  for (auto [block, n] : numbers)
    scores[block][n] = normalizer.buildWeight(b, scale(scores[block][n]), one, start.shift, arith::FastMathFlags::afn);
  // The sum is that of this lane's keys: see mergeQuad.
  if (normalizer.usesRowSum())
    rowSum = combineAll([&](Value x, Value y) -> Value { return arith::AddFOp::create(b, x, y); });
  state.statistics[row] = normalizer.buildEndStep(b, start.statistics, start.rescale, rowSum);
  if (start.rescale)
    for (auto [block, n] : getRowNumbers(row, valueBlocks))
      state.accumulators[block][n] = arith::MulFOp::create(b, state.accumulators[block][n], start.rescale);
}

void WarpLowering::addProducts(const Scores &weights, State &state) {
  for (unsigned step = 0; step < keyBlocks / 2; ++step) {
    SmallVector<SmallVector<Value>> lhs;
    for (unsigned block = 0; block < rowBlocks; ++block) {
      const ResultFragment *pair = &weights[block * keyBlocks + 2 * step];
      lhs.push_back(roundToOperand(b, element, pair[0], pair[1]));
    }
    for (unsigned columns = 0; columns < valueBlocks / 2; ++columns) {
      SmallVector<Value> loaded = valueTile->load(b, MatrixOrder::RowsFirst, 16 * step, columns, /*transpose=*/true);
      for (unsigned block = 0; block < rowBlocks; ++block)
        for (unsigned half = 0; half < 2; ++half) {
          ResultFragment &result = state.accumulators[block * valueBlocks + 2 * columns + half];
          result = multiplyAdd(b, element, lhs[block], ValueRange(loaded).slice(2 * half, 2), result);
        }
    }
  }
}

LogicalResult WarpLowering::lowerForKeys(ForKeysOp op) {
  auto panelLoops = llvm::to_vector(op.getBody().getOps<ForPanelsOp>());
  if (panelLoops.size() != 1)
    return op.emitOpError("expected one loop over panels in the loop over keys");
  ForPanelsOp panels = panelLoops.front();
  FailureOr<TileWork> work = matchTileWork(panels.getBody().front());
  if (failed(work))
    return failure();
  auto queries = panels.getRows().getDefiningOp<QueryViewOp>();
  SmallVector<ThreadRow> rows = getThreadRows(queries, panels.getRowTile());
  GlobalView keyRows(b, work->keyView), valueRows(b, work->valueView);
  Value width = indexConstant(b, keys), keyCount = work->keyView.getCount();
  Value segmentEnd = arith::MinSIOp::create(b, arith::MulIOp::create(b, segmentEnds.lookup(work->keyView.getView()), width), keyCount);
  // Registers are scarce in the loop: what is counted there has 32 bits.
  Value end = toI32(b, segmentEnd), count = toI32(b, keyCount);
  Value lower = toI32(b, op.getLower()), upper = toI32(b, op.getUpper());
  auto loop = scf::ForOp::create(b, lower, upper, i32Constant(b, 1), flatten(states.lookup(op.getInitial())));
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(loop.getBody());
  State state = unflatten(loop.getRegionIterArgs());
  Value first = arith::MulIOp::create(b, loop.getInductionVar(), i32Constant(b, keys)), firstKey = toIndex(b, first);
  Value zero = arith::ShRUIOp::create(b, loop.getInductionVar(), i32Constant(b, 31));
  for (SharedTile *tile : {&*queryTile, &*keyTile, &*valueTile})
    tile->computeAddressesFrom(b, zero);
  // The keys are here, and no warp reads the values of the tile before any more.
  waitForCopies(b, 0);
  copyRows(*valueTile, valueRows, first, count, keys, valueDim);
  commitCopies(b);
  Scores scores = buildScores();
  waitForCopies(b, 0);
  copyRows(*keyTile, keyRows, arith::AddIOp::create(b, first, i32Constant(b, keys)), end, keys, keyDim);
  commitCopies(b);
  if (work->map)
    applyMap(work->map, work->keyView, firstKey, rows, queries.getBatch(), scores);
  if (work->restrict)
    applyRestrict(work->restrict, work->keyView, firstKey, rows, queries, scores);
  for (unsigned row = 0; row < 2 * rowBlocks; ++row)
    stepRow(work->step, row, state, scores);
  addProducts(scores, state);
  scf::YieldOp::create(b, flatten(state));
  states[op.getResult()] = unflatten(loop.getResults());
  return success();
}

/// Each of the four lanes of a row has the statistics of its own keys, under the maximum of all: disjoint key sets, so that the normaliser's merge
/// joins them. With one maximum the factors of the accumulators are 1.
SmallVector<Value> WarpLowering::mergeQuad(SmallVector<Value> statistics) {
  for (int64_t distance : {1, 2}) {
    SmallVector<Value> others = llvm::map_to_vector(statistics, [&](Value value) { return exchange(value, distance); });
    statistics = normalizer.buildMerge(b, statistics, others, f32Constant(b, 1.0)).statistics;
  }
  return statistics;
}

LogicalResult WarpLowering::lowerFinalize(FinalizeRowsOp op) {
  RowStore store(b, op);
  const State &state = states.lookup(op.getState());
  SmallVector<ThreadRow> rows = getThreadRows(store.getView(), store.getRowTile());
  for (auto [number, row] : llvm::enumerate(rows)) {
    SmallVector<Value> statistics = state.isPerLane ? mergeQuad(state.statistics[number]) : state.statistics[number];
    FinalResult result = normalizer.buildFinalize(b, statistics, f32Constant(b, 1.0));
    SmallVector<Value> outputs;
    for (auto [block, n] : getRowNumbers(number, valueBlocks))
      outputs.push_back(arith::MulFOp::create(b, state.accumulators[block][n], result.outputFactor));
    store.write(b, toI64(b, row.packed), quadColumn, valueDim, outputs, result);
  }
  return success();
}

//===----------------------------------------------------------------------===//
// Driver
//===----------------------------------------------------------------------===//

LogicalResult WarpLowering::lowerOperation(Operation &op) {
  b.setLoc(op.getLoc());
  b.setInsertionPoint(&op);
  if (auto bounds = dyn_cast<BoundsOp>(op))
    return lowerSegment(bounds);
  if (auto loop = dyn_cast<ForKeysOp>(op))
    return lowerForKeys(loop);
  if (auto finalize = dyn_cast<FinalizeRowsOp>(op))
    return lowerFinalize(finalize);
  if (auto init = dyn_cast<InitOp>(op))
    lowerInit(init);
  else if (auto load = dyn_cast<LoadFinishedOp>(op))
    lowerLoadFinished(load);
  else if (auto merge = dyn_cast<MergeStatesOp>(op))
    lowerMergeStates(merge);
  else if (auto pack = dyn_cast<PackOp>(op))
    lowerQueries(pack);
  else if (!isa<QueryViewOp, KeyViewOp, StoreOp>(op) && isa_and_nonnull<AttnDialect>(op.getDialect()))
    return op.emitOpError("expected an operation of the schedule phase that ") << machine.name << " can run so far";
  return success();
}

LogicalResult WarpLowering::run() {
  if (failed(prepare()))
    return failure();
  for (Operation &op : llvm::make_early_inc_range(stage.getBody().front()))
    if (failed(lowerOperation(op)))
      return failure();
  eraseTileOperations(stage);
  return success();
}
