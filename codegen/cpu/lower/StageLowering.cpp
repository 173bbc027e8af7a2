//===- StageLowering.cpp - one stage, from tiles to memory ----------------===//

#include "codegen/cpu/lower/StageLowering.h"
#include "codegen/cpu/TilePack.h"
#include "codegen/cpu/lower/ScoreHooks.h"
#include "codegen/lower/ArgumentBlock.h"
#include "codegen/lower/LoopBounds.h"
#include "codegen/lower/TileWork.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace mlir::attn;

StageLowering::StageLowering(func::FuncOp stage, KernelLibrary &kernels)
    : kernels(kernels), stage(stage), b(stage.getLoc(), stage.getContext()) {}

PanelKernelConfig StageLowering::getConfig(Type storage, int64_t keyDim, int64_t valueDim) const {
  return PanelKernelConfig(kernels.getMachine(), storage, keyDim, valueDim);
}

PanelKernelConfig StageLowering::getStateConfig(StateType type) const {
  return getConfig(Float32Type::get(type.getContext()), type.getWidth(), type.getWidth());
}

//===----------------------------------------------------------------------===//
// Memory
//===----------------------------------------------------------------------===//

Value StageLowering::allocate(MemRefType type) {
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(&stage.getBody().front());
  int64_t bytes = type.getNumElements() * ((type.getElementTypeBitWidth() + 7) / 8);
  Value memory = buildMemRefAt(b, type, stage.getArgument(2), scratchBytes);
  scratchBytes += roundUp(bytes, kScratchAlignment);
  return memory;
}

static MemRefType stack(MemRefType type, int64_t count) {
  SmallVector<int64_t> shape = {count};
  llvm::append_range(shape, type.getShape());
  return MemRefType::get(shape, type.getElementType());
}

static MemRefType getStatisticsType(StateType type, int64_t panels, int64_t panelRows) {
  int64_t count = type.getNormalizer().getInitialStatistics().size();
  return MemRefType::get({panels, count, panelRows}, Float32Type::get(type.getContext()));
}

static MemRefType getAccumulatorsType(StateType type, int64_t panels, int64_t panelRows) {
  return MemRefType::get({panels, type.getWidth(), panelRows}, Float32Type::get(type.getContext()));
}

StageLowering::State StageLowering::allocateState(StateType type) {
  int64_t panelRows = kernels.getMachine().panelRows(), panels = type.getRows() / panelRows;
  return {allocate(getAccumulatorsType(type, panels, panelRows)), allocate(getStatisticsType(type, panels, panelRows))};
}

StageLowering::State StageLowering::getSlot(StateType type, Value memory, Value slot) {
  int64_t panelRows = kernels.getMachine().panelRows(), panels = type.getRows() / panelRows;
  // A slot is one row of the workspace: all accumulators, then all statistics.
  Value address = memref::ExtractAlignedPointerAsIndexOp::create(b, memory);
  auto at = [&](MemRefType wanted, int64_t skipped) {
    int64_t slotBytes = cast<MemRefType>(memory.getType()).getDimSize(1) * int64_t(sizeof(float));
    Value offset = arith::AddIOp::create(b, arith::MulIOp::create(b, slot, indexConstant(b, slotBytes)), indexConstant(b, skipped));
    Value place = arith::IndexCastOp::create(b, b.getI64Type(), arith::AddIOp::create(b, address, offset));
    Value pointer = LLVM::IntToPtrOp::create(b, LLVM::LLVMPointerType::get(b.getContext()), place);
    return buildMemRef(b, wanted, pointer, {}, {});
  };
  MemRefType accumulators = getAccumulatorsType(type, panels, panelRows);
  return {at(accumulators, 0), at(getStatisticsType(type, panels, panelRows), accumulators.getNumElements() * int64_t(sizeof(float)))};
}

/// memref<n x rest> at [index]: memref<rest>, at the same alignment because every panel's size is a multiple of it.
Value StageLowering::getPanel(Value memory, Value panel) {
  auto type = cast<MemRefType>(memory.getType());
  auto result = MemRefType::get(type.getShape().drop_front(), type.getElementType());
  int64_t bytes = result.getNumElements() * ((type.getElementTypeBitWidth() + 7) / 8);
  Value address = memref::ExtractAlignedPointerAsIndexOp::create(b, memory);
  Value place = arith::AddIOp::create(b, address, arith::MulIOp::create(b, panel, indexConstant(b, bytes)));
  Value integer = arith::IndexCastOp::create(b, b.getI64Type(), place);
  Value pointer = LLVM::IntToPtrOp::create(b, LLVM::LLVMPointerType::get(b.getContext()), integer);
  return buildMemRef(b, result, pointer, {}, {});
}

//===----------------------------------------------------------------------===//
// Views
//===----------------------------------------------------------------------===//

/// [group][positions][features] (or [group][positions]) of a view, with free strides.
Value StageLowering::buildRowsMemRef(QueryViewOp view) {
  auto source = cast<MemRefType>(view.getSource().getType());
  bool hasFeatures = source.getRank() == 4;
  OpFoldResult one = b.getIndexAttr(1);
  Value firstHead = arith::MulIOp::create(b, view.getHead(), indexConstant(b, view.getGroup()));
  SmallVector<OpFoldResult> offsets = {view.getBatch(), firstHead, view.getFirst()};
  SmallVector<OpFoldResult> sizes = {one, b.getIndexAttr(view.getGroup()), view.getCount()};
  SmallVector<OpFoldResult> strides = {one, one, b.getIndexAttr(view.getStep())};
  if (hasFeatures) {
    offsets.push_back(b.getIndexAttr(0));
    sizes.push_back(b.getIndexAttr(source.getDimSize(3)));
    strides.push_back(one);
  }
  SmallVector<int64_t> shape = {int64_t(view.getGroup()), ShapedType::kDynamic};
  if (hasFeatures)
    shape.push_back(source.getDimSize(3));
  // Without static strides: of several dimensions of size 1, a subview with strides finds out by them which ones were dropped, and fails.
  Value memory = memref::CastOp::create(b, stridedView(source.getRank(), source.getElementType()), view.getSource());
  auto reduced = memref::SubViewOp::inferRankReducedResultType(shape, cast<MemRefType>(memory.getType()), offsets, sizes, strides);
  Value subview = memref::SubViewOp::create(b, cast<MemRefType>(reduced), memory, offsets, sizes, strides);
  MemRefType wanted = hasFeatures ? stridedView(3, source.getElementType()) : rowStatisticView(b.getContext());
  return memref::CastOp::create(b, wanted, subview);
}

/// [keys][features] of a view, with a free stride.
Value StageLowering::buildKeysMemRef(KeyViewOp view) {
  auto source = cast<MemRefType>(view.getSource().getType());
  OpFoldResult one = b.getIndexAttr(1);
  SmallVector<OpFoldResult> offsets = {view.getBatch(), view.getHead(), view.getPhase(), b.getIndexAttr(0)};
  SmallVector<OpFoldResult> sizes = {one, one, view.getCount(), b.getIndexAttr(source.getDimSize(3))};
  SmallVector<OpFoldResult> strides = {one, one, b.getIndexAttr(view.getStep()), one};
  auto reduced =
      memref::SubViewOp::inferRankReducedResultType({ShapedType::kDynamic, source.getDimSize(3)}, source, offsets, sizes, strides);
  Value subview = memref::SubViewOp::create(b, cast<MemRefType>(reduced), view.getSource(), offsets, sizes, strides);
  return memref::CastOp::create(b, stridedView(2, source.getElementType()), subview);
}

/// The view from key `first` on, for what is not read.
Value StageLowering::buildKeysAt(KeyViewOp view, Value first) {
  int64_t columns = view.getView().getType().getFeatures();
  SmallVector<OpFoldResult> offsets = {first, b.getIndexAttr(0)}, sizes = {b.getIndexAttr(1), b.getIndexAttr(columns)};
  SmallVector<OpFoldResult> strides = {b.getIndexAttr(1), b.getIndexAttr(1)};
  Value rows = memref::SubViewOp::create(b, buildKeysMemRef(view), offsets, sizes, strides);
  return memref::CastOp::create(b, stridedView(2, view.getView().getType().getElementType()), rows);
}

Value StageLowering::countRows(QueryViewOp view) {
  return arith::MulIOp::create(b, view.getCount(), indexConstant(b, view.getGroup()));
}

void StageLowering::forPanels(Value view, Value rowTile, int64_t rows, llvm::function_ref<void(Value, Value, Value, Value)> body) {
  auto query = view.getDefiningOp<QueryViewOp>();
  int64_t panelRows = kernels.getMachine().panelRows(), panels = rows / panelRows;
  Value total = arith::CeilDivUIOp::create(b, countRows(query), indexConstant(b, panelRows));
  Value first = arith::MulIOp::create(b, rowTile, indexConstant(b, panels));
  Value end = arith::MinSIOp::create(b, total, arith::AddIOp::create(b, first, indexConstant(b, panels)));
  forLoop(b, first, end, 1, [&](Value panel) {
    Value firstRow = arith::MulIOp::create(b, panel, indexConstant(b, panelRows));
    Value left = arith::SubIOp::create(b, countRows(query), firstRow);
    Value count = arith::MinSIOp::create(b, left, indexConstant(b, panelRows));
    body(arith::SubIOp::create(b, panel, first), panel, firstRow, count);
  });
}

//===----------------------------------------------------------------------===//
// Loops
//===----------------------------------------------------------------------===//

/// `attn-start-products` makes no biases for this target.
static LogicalResult verifyNoBias(Operation *op, const TileWork &work) {
  return work.bias ? op->emitOpError("expected scores that start from zero on a CPU") : success();
}

LogicalResult StageLowering::lowerForKeys(ForKeysOp op) {
  State state = states.lookup(op.getInitial());
  Block &body = op.getBody().front();
  auto loop = scf::ForOp::create(b, op.getLower(), op.getUpper(), indexConstant(b, 1));
  body.getArgument(0).replaceAllUsesWith(loop.getInductionVar());
  std::optional<TileWork> fewRows;
  if (isFewRows(op.getInitial().getType())) {
    FailureOr<TileWork> work = matchTileWork(body);
    if (failed(work) || failed(verifyNoBias(op, *work)))
      return failure();
    fewRows = *work;
  }
  states[body.getArgument(1)] = state;
  states[op.getResult()] = state;
  // The state lives in memory, so that nothing is carried.
  Operation *yield = body.getTerminator();
  loop.getBody()->getOperations().splice(loop.getBody()->getTerminator()->getIterator(), body.getOperations(), body.begin(),
                                         yield->getIterator());
  OpBuilder::InsertionGuard guard(b);
  if (!fewRows)
    return lowerBlock(*loop.getBody());
  b.setInsertionPoint(loop.getBody()->getTerminator());
  lowerFewRowsTile(*fewRows, state);
  return success();
}

//===----------------------------------------------------------------------===//
// Panels
//===----------------------------------------------------------------------===//

LogicalResult StageLowering::lowerForPanels(ForPanelsOp op) {
  FailureOr<TileWork> work = matchTileWork(op.getBody().front());
  if (failed(work) || failed(verifyNoBias(op, *work)))
    return failure();
  auto rowPanel = work->rows.getDefiningOp<PanelOp>();
  if (!rowPanel)
    return op.emitOpError("expected a panel of packed queries");
  auto view = op.getRows().getDefiningOp<QueryViewOp>();
  StateType stateType = op.getInitial().getType();
  NormalizerAttrInterface normalizer = stateType.getNormalizer();
  State state = states.lookup(op.getInitial());
  Type storage = work->keyView.getView().getType().getElementType();
  PanelKernelConfig config = getConfig(storage, work->keyView.getView().getType().getFeatures(), stateType.getWidth());
  if (!scores)
    scores = allocate(config.scoreType());
  if (work->restrict && !firstVisible) {
    firstVisible = allocate(config.guardType());
    endVisible = allocate(config.guardType());
  }
  ScoreTreatment treatment = {work->map, work->restrict, {int64_t(view.getGroup()), int64_t(view.getStep()), int64_t(work->keyView.getStep())}};
  Value keyBase = arith::MulIOp::create(b, work->keyTile, indexConstant(b, config.keyTile));

  forPanels(op.getRows(), op.getRowTile(), stateType.getRows(), [&](Value local, Value, Value firstRow, Value) {
    Value headBase = arith::MulIOp::create(b, view.getHead(), indexConstant(b, view.getGroup()));
    Value firstKey = arith::MulIOp::create(b, keyBase, indexConstant(b, work->keyView.getStep()));
    firstKey = arith::AddIOp::create(b, firstKey, work->keyView.getPhase());
    PositionValues positions = {view.getBatch(), headBase, firstRow, view.getOrigin(), view.getResidue(), firstKey};
    auto call = [&](const ScoreTreatment &scoreTreatment, Value first, Value end) {
      SmallVector<Value> extra = getHookValues(positions, scoreTreatment, [](Value value) { return value; });
      // A single panel waits for memory: its kernel loads the next tile on the side.
      PanelKernelConfig callConfig = config;
      if (stateType.getRows() == config.rows() && !scoreTreatment.restrict)
        callConfig.prefetch = storage;
      func::FuncOp kernel = kernels.getPanelKernel(callConfig, normalizer, scoreTreatment, llvm::to_vector(ValueRange(extra).getTypes()));
      SmallVector<Value> operands = {packed.lookup(work->keys).memory,
                                     packed.lookup(work->values).memory,
                                     getPanel(packed.lookup(rowPanel.getTile()).memory, local),
                                     getPanel(state.accumulators, local),
                                     getPanel(state.statistics, local),
                                     scores,
                                     first,
                                     end,
                                     work->step.getExponent()};
      if (scoreTreatment.restrict)
        operands.append({firstVisible, endVisible});
      if (callConfig.prefetch) {
        Value next = arith::AddIOp::create(b, keyBase, indexConstant(b, config.keyTile));
        operands.append({buildKeysAt(work->keyView, next), buildKeysAt(work->valueView, next)});
      }
      operands.append(extra);
      func::CallOp::create(b, kernel, operands);
    };
    Value zero = indexConstant(b, 0), whole = indexConstant(b, config.keyTile);
    if (!work->restrict)
      return call(treatment, zero, whole);
    // Which rows see which keys decides whether the panel looks at the tile at all, and whether it needs the guard.
    SmallVector<Value> operands = {view.getBatch(), view.getHead()};
    llvm::append_range(operands, work->restrict.getNumbers());
    operands.append({firstRow, view.getOrigin(), keyBase, work->keyView.getCount(), firstVisible, endVisible});
    func::FuncOp intervals = kernels.getRowIntervals(work->restrict.getSegment(), view.getGroup(), config.rows(), config.keyTile,
                                                     work->restrict.getNumbers().size());
    auto range = func::CallOp::create(b, intervals, operands);
    Value first = range.getResult(0), end = range.getResult(1), isFull = range.getResult(2);
    Value block = indexConstant(b, config.block.keys);
    first = arith::MulIOp::create(b, arith::DivUIOp::create(b, first, block), block);
    end = arith::MulIOp::create(b, arith::CeilDivUIOp::create(b, end, block), block);
    Value isVisible = arith::CmpIOp::create(b, arith::CmpIPredicate::slt, first, end);
    auto visible = scf::IfOp::create(b, isVisible, /*withElseRegion=*/false);
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(visible.thenBlock());
    if (work->restrict.getSegment().getPredicate())
      return call(treatment, first, end);
    auto full = scf::IfOp::create(b, isFull, /*withElseRegion=*/true);
    b.setInsertionPointToStart(full.thenBlock());
    ScoreTreatment free = treatment;
    free.restrict = {};
    call(free, zero, whole);
    b.setInsertionPointToStart(full.elseBlock());
    call(treatment, first, end);
  });
  states[op.getResult()] = state;
  op.getBody().walk([](Operation *nested) { nested->dropAllUses(); });
  op->dropAllUses();
  op.erase();
  return success();
}

//===----------------------------------------------------------------------===//
// Operations on a row tile
//===----------------------------------------------------------------------===//

void StageLowering::lowerInit(InitOp op) {
  StateType type = op.getState().getType();
  if (isFewRows(type))
    return lowerFewRowsInit(op);
  State state;
  // A state that is kept for a later stage is built where it will be looked for.
  StorePartialOp kept;
  stage.walk([&](StorePartialOp store) { kept = store; });
  state = kept ? getSlot(type, kept.getMemory(), kept.getSlot()) : allocateState(type);
  func::FuncOp init = kernels.getPanelInit(getStateConfig(type), type.getNormalizer());
  int64_t panels = type.getRows() / kernels.getMachine().panelRows();
  forLoop(b, indexConstant(b, 0), indexConstant(b, panels), 1, [&](Value panel) {
    func::CallOp::create(b, init, ValueRange{getPanel(state.accumulators, panel), getPanel(state.statistics, panel)});
  });
  states[op.getState()] = state;
}

void StageLowering::lowerPack(PackOp op) {
  TileType tile = op.getResult().getType();
  ViewType viewType = op.getView().getType();
  Type storage = viewType.getElementType();
  if (auto rows = op.getView().getDefiningOp<QueryViewOp>()) {
    PanelKernelConfig config = getConfig(storage, viewType.getFeatures(), viewType.getFeatures());
    Value memory = allocate(stack(config.queryPanelType(), tile.getSize("i") / config.rows()));
    Value source = buildRowsMemRef(rows);
    func::FuncOp pack = kernels.getQueryPack(config, storage, rows.getGroup());
    forPanels(op.getView(), op.getTile(), tile.getSize("i"), [&](Value local, Value, Value firstRow, Value count) {
      func::CallOp::create(b, pack, ValueRange{source, getPanel(memory, local), firstRow, count});
    });
    packed[op.getResult()] = {memory};
    return;
  }
  auto keys = op.getView().getDefiningOp<KeyViewOp>();
  MatrixAtom atom(kernels.getMachine(), storage);
  int64_t keyTile = tile.getSize("j"), columns = viewType.getFeatures();
  bool isValues = viewType.getFeatureName().getValue() == "e";
  func::FuncOp pack = isValues ? kernels.getValuePack(atom, storage, columns, keyTile) : kernels.getRowPack(atom, storage, columns, keyTile);
  Value memory = allocate(isValues ? packedValuesType(atom, columns, keyTile) : packedRowsType(atom, columns, keyTile));
  Value whole = indexConstant(b, keyTile);
  Value base = arith::MulIOp::create(b, op.getTile(), whole);
  Value left = arith::SubIOp::create(b, keys.getCount(), base);
  Value count = arith::MaxSIOp::create(b, arith::MinSIOp::create(b, left, whole), indexConstant(b, 0));
  Value view = buildKeysMemRef(keys);
  SmallVector<OpFoldResult> offsets = {base, b.getIndexAttr(0)}, sizes = {count, b.getIndexAttr(columns)};
  SmallVector<OpFoldResult> strides = {b.getIndexAttr(1), b.getIndexAttr(1)};
  Value rows = memref::SubViewOp::create(b, view, offsets, sizes, strides);
  Value source = memref::CastOp::create(b, stridedView(2, storage), rows);
  // Keys in pairs lie side by side already; values must be interleaved.
  bool isNatural = !isValues && columns % 2 == 0;
  packed[op.getResult()] = {emitTileView(b, pack, source, memory, count, whole, isNatural)};
}

/// The stores of a finalised state, as memory.
StageLowering::ResultStores StageLowering::takeStores(FinalizeRowsOp op) {
  auto findStore = [](Value tile) -> StoreOp {
    return tile.use_empty() ? StoreOp() : dyn_cast<StoreOp>(*tile.user_begin());
  };
  ResultStores stores;
  stores.output = findStore(op.getOutput());
  StoreOp lse = findStore(op.getLse()), rowMax = findStore(op.getRowMax());
  // The views of the stores stand behind the operation; everything is emitted at the last of them.
  Operation *last = op;
  for (StoreOp store : {stores.output, lse, rowMax})
    if (store && last->isBeforeInBlock(store))
      last = store;
  b.setInsertionPointAfter(last);
  stores.view = stores.output.getView().getDefiningOp<QueryViewOp>();
  stores.options.output = stores.output.getView().getType().getElementType();
  stores.options.group = stores.view.getGroup();
  stores.options.logSumExp = bool(lse);
  stores.options.rowMax = bool(rowMax);
  stores.memories = {buildRowsMemRef(stores.view)};
  for (StoreOp extra : {lse, rowMax})
    if (extra)
      stores.memories.push_back(buildRowsMemRef(extra.getView().getDefiningOp<QueryViewOp>()));
  for (StoreOp done : {lse, rowMax})
    if (done)
      done.erase();
  return stores;
}

/// Finalises and stores: the store kernel does both, for all results at once.
void StageLowering::lowerStores(FinalizeRowsOp op) {
  StateType type = op.getState().getType();
  ResultStores stores = takeStores(op);
  if (isFewRows(type)) {
    lowerFewRowsStores(op, stores);
  } else {
    State state = states.lookup(op.getState());
    func::FuncOp store = kernels.getPanelStore(getStateConfig(type), type.getNormalizer(), stores.options);
    forPanels(stores.view, stores.output.getIndex(), type.getRows(), [&](Value local, Value, Value firstRow, Value count) {
      SmallVector<Value> operands = {getPanel(state.accumulators, local), getPanel(state.statistics, local), op.getExponent(), firstRow,
                                     count};
      llvm::append_range(operands, stores.memories);
      func::CallOp::create(b, store, operands);
    });
  }
  stores.output.erase();
  op.erase();
}

void StageLowering::lowerReducePartials(ReducePartialsOp op) {
  StateType type = op.getState().getType();
  // Few rows are merged and finalised in one go, where they are stored.
  if (isFewRows(type))
    return;
  State state = getSlot(type, op.getMemory(), op.getFirst());
  func::FuncOp merge = kernels.getPanelMerge(getStateConfig(type), type.getNormalizer());
  int64_t panels = type.getRows() / kernels.getMachine().panelRows();
  // Into the first slot, in the order of the keys.
  Value end = arith::AddIOp::create(b, op.getFirst(), op.getCount());
  forLoop(b, arith::AddIOp::create(b, op.getFirst(), indexConstant(b, 1)), end, 1, [&](Value slot) {
    State other = getSlot(type, op.getMemory(), slot);
    forLoop(b, indexConstant(b, 0), indexConstant(b, panels), 1, [&](Value panel) {
      func::CallOp::create(b, merge, ValueRange{getPanel(state.accumulators, panel), getPanel(state.statistics, panel),
                                                getPanel(other.accumulators, panel), getPanel(other.statistics, panel), op.getExponent()});
    });
  });
  states[op.getState()] = state;
}

void StageLowering::lowerMergeStates(MergeStatesOp op) {
  StateType type = op.getState().getType();
  State lhs = states.lookup(op.getLhs()), rhs = states.lookup(op.getRhs());
  func::FuncOp merge = kernels.getPanelMerge(getStateConfig(type), type.getNormalizer());
  int64_t panels = type.getRows() / kernels.getMachine().panelRows();
  forLoop(b, indexConstant(b, 0), indexConstant(b, panels), 1, [&](Value panel) {
    func::CallOp::create(b, merge, ValueRange{getPanel(lhs.accumulators, panel), getPanel(lhs.statistics, panel),
                                              getPanel(rhs.accumulators, panel), getPanel(rhs.statistics, panel), op.getExponent()});
  });
  states[op.getState()] = lhs;
}

void StageLowering::lowerLoadFinished(LoadFinishedOp op) {
  StateType type = op.getState().getType();
  State state = allocateState(type);
  auto view = op.getOutput().getDefiningOp<QueryViewOp>(), lseView = op.getLse().getDefiningOp<QueryViewOp>();
  PanelKernelConfig config = getStateConfig(type);
  // A finished output is packed like queries: rows become lanes.
  func::FuncOp pack = kernels.getQueryPack(config, view.getView().getType().getElementType(), view.getGroup());
  Value source = buildRowsMemRef(view), lse = buildRowsMemRef(lseView);
  NormalizerAttrInterface normalizer = type.getNormalizer();
  forPanels(op.getOutput(), op.getIndex(), type.getRows(), [&](Value local, Value, Value firstRow, Value count) {
    func::CallOp::create(b, pack, ValueRange{source, getPanel(state.accumulators, local), firstRow, count});
    Value statistics = getPanel(state.statistics, local);
    forLoop(b, indexConstant(b, 0), count, 1, [&](Value row) {
      Value position = arith::AddIOp::create(b, firstRow, row);
      Value value = memref::LoadOp::create(b, lse, ValueRange{indexConstant(b, 0), position});
      for (auto [n, statistic] : llvm::enumerate(normalizer.buildFromFinished(b, value, op.getExponent())))
        memref::StoreOp::create(b, statistic, statistics, ValueRange{indexConstant(b, n), row});
    });
  });
  states[op.getState()] = state;
}

//===----------------------------------------------------------------------===//
// Driver
//===----------------------------------------------------------------------===//

LogicalResult StageLowering::lowerOperation(Operation &op) {
  b.setLoc(op.getLoc());
  b.setInsertionPoint(&op);
  if (auto bounds = dyn_cast<BoundsOp>(op))
    return lowerBounds(b, bounds);
  if (auto loop = dyn_cast<ForKeysOp>(op))
    return lowerForKeys(loop);
  if (auto panels = dyn_cast<ForPanelsOp>(op))
    return lowerForPanels(panels);
  if (auto finalize = dyn_cast<FinalizeRowsOp>(op)) {
    lowerStores(finalize);
    return success();
  }
  if (auto init = dyn_cast<InitOp>(op))
    lowerInit(init);
  else if (auto pack = dyn_cast<PackOp>(op))
    lowerPack(pack);
  else if (auto reduce = dyn_cast<ReducePartialsOp>(op))
    lowerReducePartials(reduce);
  else if (auto load = dyn_cast<LoadFinishedOp>(op))
    lowerLoadFinished(load);
  else if (auto merge = dyn_cast<MergeStatesOp>(op))
    lowerMergeStates(merge);
  else if (auto store = dyn_cast<StorePartialOp>(op))
    lowerStorePartial(store);
  else if (!isa<QueryViewOp, KeyViewOp, LoadOp, StoreOp>(op) && isa_and_nonnull<AttnDialect>(op.getDialect()))
    return op.emitOpError("expected an operation of the schedule phase that a CPU can run");
  return success();
}

LogicalResult StageLowering::lowerBlock(Block &block) {
  for (Operation &op : llvm::make_early_inc_range(block))
    if (failed(lowerOperation(op)))
      return failure();
  return success();
}

LogicalResult StageLowering::run() {
  if (failed(lowerBlock(stage.getBody().front())))
    return failure();
  eraseTileOperations(stage);
  return success();
}
