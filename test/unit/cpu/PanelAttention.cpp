//===- PanelAttention.cpp - attention by panel kernels, driven from C++ ---===//

#include "test/unit/cpu/PanelAttention.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "llvm/Support/MathExtras.h"

namespace mlir::attn::test {

Type typeOf(MLIRContext *context, Dtype dtype) {
  switch (dtype) {
  case Dtype::F32:
    return Float32Type::get(context);
  case Dtype::BF16:
    return BFloat16Type::get(context);
  case Dtype::F16:
    return Float16Type::get(context);
  }
  return Type();
}

/// Wraps emitTileView: @name(source, packed, count, rows, result) stores the view's pointer, offset and stride for C++.
static void emitTileFunction(ModuleOp module, llvm::StringRef name, func::FuncOp pack, MemRefType packed, Type storage,
                             bool naturalRows) {
  ImplicitLocOpBuilder b(module.getLoc(), module.getContext());
  Type index = b.getIndexType();
  func::FuncOp function =
      beginFunction(b, module, name, {stridedView(2, storage), packed, index, index, MemRefType::get({2}, index)});
  Value view =
      emitTileView(b, pack, function.getArgument(0), function.getArgument(1), function.getArgument(2), function.getArgument(3));
  auto metadata = memref::ExtractStridedMetadataOp::create(b, view);
  Value base = memref::ExtractAlignedPointerAsIndexOp::create(b, metadata.getBaseBuffer());
  int64_t bytes = cast<MemRefType>(view.getType()).getElementTypeBitWidth() / 8;
  Value address = arith::AddIOp::create(b, base, arith::MulIOp::create(b, metadata.getOffset(), indexConstant(b, bytes)));
  memref::StoreOp::create(b, address, function.getArgument(4), ValueRange{indexConstant(b, 0)});
  memref::StoreOp::create(b, metadata.getStrides()[0], function.getArgument(4), ValueRange{indexConstant(b, 1)});
  func::ReturnOp::create(b);
}

PanelAttention::PanelAttention(const CpuMachine &machine, const PanelProblem &problem, ScoreHook hook, bool hookScales)
    : problem(problem), config(machine, typeOf(module.getContext(), problem.dtype), problem.keyDim, problem.valueDim),
      c((hookScales ? 1.0 : problem.scale) * llvm::numbers::log2e), factor(config.atom.getPackFactor()) {
  Type storage = typeOf(module.getContext(), problem.dtype);
  auto softmax = SoftmaxAttr::get(module.getContext());
  if (const char *block = std::getenv("ATTN_TEST_BLOCK"))
    std::sscanf(block, "%ux%u", &config.block.keys, &config.block.vectors);
  if (problem.prefetch)
    config.prefetch = storage;
  MatrixAtom &atom = config.atom;
  emitPanelKernel(module.get(), "kernel", config, softmax, hook);
  PanelKernelConfig guarded = config;
  guarded.guarded = true;
  emitPanelKernel(module.get(), "guarded", guarded, softmax, hook);
  emitPanelInit(module.get(), "init", config, softmax);
  emitQueryPack(module.get(), "pack_queries", config, storage, problem.group);
  auto packKeys = emitRowPack(module.get(), "pack_keys", atom, storage, problem.keyDim, config.keyTile);
  auto packValues = emitValuePack(module.get(), "pack_values", atom, storage, problem.valueDim, config.keyTile);
  emitTileFunction(module.get(), "tile_keys", packKeys, packedRowsType(atom, problem.keyDim, config.keyTile), storage,
                   /*naturalRows=*/problem.keyDim % 2 == 0);
  emitTileFunction(module.get(), "tile_values", packValues, packedValuesType(atom, problem.valueDim, config.keyTile), storage,
                   /*naturalRows=*/false);
  PanelStoreOptions options;
  options.output = typeOf(module.getContext(), problem.output);
  options.group = problem.group;
  options.logSumExp = true;
  emitPanelStore(module.get(), "store", config, softmax, options);
  error = module.compile(machine);
  if (!error.empty())
    return;
  kernel = module.lookup("kernel");
  guardedKernel = module.lookup("guarded");
  init = module.lookup("init");
  packQueries = module.lookup("pack_queries");
  tileKeys = module.lookup("tile_keys");
  tileValues = module.lookup("tile_values");
  store = module.lookup("store");

  int64_t rows = config.rows(), tile = config.keyTile;
  for (int64_t panel = 0; panel < problem.panelsPerSuperblock; ++panel) {
    queryPanels.emplace_back(atom.getSteps(problem.keyDim) * rows * 4);
    accumulators.emplace_back(problem.valueDim * rows * 4);
    statistics.emplace_back(2 * rows * 4);
  }
  scores = Buffer(tile * rows * 4);
  packedKeys = Buffer(tile * (problem.keyDim + 1) * 4);
  packedValues = Buffer(tile * problem.valueDim * 4);
  guardFirst = Buffer(rows * 4);
  guardEnd = Buffer(rows * 4);
}

PanelAttention::PanelInterval PanelAttention::panelInterval(int64_t firstRow, int64_t rowCount) const {
  PanelInterval interval = {{problem.keys, 0}, {0, problem.keys}};
  for (int64_t row = firstRow; row < firstRow + rowCount; ++row) {
    Interval visible = problem.visibleAt(row / problem.group);
    interval.all = {std::max(interval.all.first, visible.first), std::min(interval.all.end, visible.end)};
    if (visible.first < visible.end)
      interval.any = {std::min(interval.any.first, visible.first), std::max(interval.any.end, visible.end)};
  }
  return interval;
}

void PanelAttention::runSuperblock(int64_t firstRow, int64_t rowCount) {
  int64_t rows = config.rows(), tile = config.keyTile, block = config.block.keys;
  int64_t panels = (rowCount + rows - 1) / rows;
  auto panelView = [&](const Buffer &buffer, int64_t count) { return dense(buffer.as<float>(), count, rows); };
  for (int64_t panel = 0; panel < panels; ++panel) {
    auto queryPanel = panelView(queryPanels[panel], config.atom.getSteps(problem.keyDim));
    auto accumulator = panelView(accumulators[panel], problem.valueDim);
    auto statistic = panelView(statistics[panel], 2);
    int64_t count = std::min(rows, rowCount - panel * rows);
    reinterpret_cast<void (*)(void *, void *, int64_t, int64_t)>(packQueries)(&queryView, &queryPanel, firstRow + panel * rows,
                                                                              count);
    reinterpret_cast<void (*)(void *, void *)>(init)(&accumulator, &statistic);
  }
  std::vector<PanelInterval> intervals;
  Interval range = {problem.keys, 0};
  for (int64_t panel = 0; panel < panels; ++panel) {
    intervals.push_back(panelInterval(firstRow + panel * rows, std::min(rows, rowCount - panel * rows)));
    range = {std::min(range.first, intervals[panel].any.first), std::max(range.end, intervals[panel].any.end)};
  }
  int64_t paddedKeyDim = roundUp(problem.keyDim, factor);
  auto keyScratch = dense(packedKeys.as<void>(), tile, paddedKeyDim);
  auto valueScratch = dense(packedValues.as<void>(), tile / factor, problem.valueDim * factor);
  auto scoreView = panelView(scores, tile);
  auto first = dense(guardFirst.as<int32_t>(), rows), end = dense(guardEnd.as<int32_t>(), rows);
  for (int64_t start = range.first / tile * tile; start < range.end; start += tile) {
    View<2> keySource = keyView, valueSource = valueView;
    keySource.offset = start * problem.getKeyStride();
    valueSource.offset = start * problem.getValueStride();
    int64_t present = std::min(tile, problem.keys - start),
            needed = std::min(tile, roundUp(std::min(range.end, problem.keys) - start, block));
    int64_t place[2];
    auto placeView = dense(place, 2);
    auto tileOf = [&](void *function, View<2> &source, View<2> &scratch) {
      reinterpret_cast<void (*)(void *, void *, int64_t, int64_t, void *)>(function)(
          &source, &scratch, std::min(present, needed), needed, &placeView);
      View<2> view = scratch;
      view.data = reinterpret_cast<void *>(place[0]);
      view.strides[0] = place[1];
      return view;
    };
    View<2> keyTile = tileOf(tileKeys, keySource, keyScratch), valueTile = tileOf(tileValues, valueSource, valueScratch);
    keySource.offset += tile * problem.getKeyStride();
    valueSource.offset += tile * problem.getValueStride();
    for (int64_t panel = 0; panel < panels; ++panel) {
      int64_t panelRow = firstRow + panel * rows, count = std::min(rows, firstRow + rowCount - panelRow);
      Interval visible = intervals[panel].any, all = intervals[panel].all;
      int64_t firstKey = std::max<int64_t>(visible.first - start, 0) / block * block;
      int64_t endKey = std::min(tile, roundUp(visible.end - start, block));
      if (firstKey >= endKey)
        continue;
      bool guarded = all.first > start + firstKey || all.end < start + endKey;
      int32_t *firsts = guardFirst.as<int32_t>(), *ends = guardEnd.as<int32_t>();
      for (int64_t row = 0; guarded && row < rows; ++row) {
        Interval seen = problem.visibleAt((panelRow + std::min(row, count - 1)) / problem.group);
        firsts[row] = seen.first - start;
        ends[row] = seen.end - start;
      }
      auto queryPanel = panelView(queryPanels[panel], config.atom.getSteps(problem.keyDim));
      auto accumulator = panelView(accumulators[panel], problem.valueDim);
      auto statistic = panelView(statistics[panel], 2);
      using V = void *;
      if (problem.prefetch && !guarded)
        reinterpret_cast<void (*)(V, V, V, V, V, V, int64_t, int64_t, float, V, V)>(kernel)(
            &keyTile, &valueTile, &queryPanel, &accumulator, &statistic, &scoreView, firstKey, endKey, c, &keySource,
            &valueSource);
      else if (!guarded)
        reinterpret_cast<void (*)(V, V, V, V, V, V, int64_t, int64_t, float)>(kernel)(
            &keyTile, &valueTile, &queryPanel, &accumulator, &statistic, &scoreView, firstKey, endKey, c);
      else if (problem.prefetch)
        reinterpret_cast<void (*)(V, V, V, V, V, V, int64_t, int64_t, float, V, V, V, V)>(guardedKernel)(
            &keyTile, &valueTile, &queryPanel, &accumulator, &statistic, &scoreView, firstKey, endKey, c, &first, &end,
            &keySource, &valueSource);
      else
        reinterpret_cast<void (*)(V, V, V, V, V, V, int64_t, int64_t, float, V, V)>(guardedKernel)(
            &keyTile, &valueTile, &queryPanel, &accumulator, &statistic, &scoreView, firstKey, endKey, c, &first, &end);
    }
  }
  for (int64_t panel = 0; panel < panels; ++panel) {
    auto accumulator = panelView(accumulators[panel], problem.valueDim);
    auto statistic = panelView(statistics[panel], 2);
    int64_t panelRow = firstRow + panel * rows, count = std::min(rows, firstRow + rowCount - panelRow);
    reinterpret_cast<void (*)(void *, void *, float, int64_t, int64_t, void *, void *)>(store)(
        &accumulator, &statistic, c, panelRow, count, &outputView, &lseView);
  }
}

void PanelAttention::run(const void *q, const void *k, const void *v, void *o, float *lse) {
  queryView = dense(q, problem.group, problem.positions, problem.keyDim);
  keyView = dense(k, problem.keys, problem.getKeyStride());
  valueView = dense(v, problem.keys, problem.getValueStride());
  outputView = dense(o, problem.group, problem.positions, problem.valueDim);
  lseView = dense(lse, problem.group, problem.positions);
  int64_t superblock = problem.panelsPerSuperblock * config.rows();
  for (int64_t row = 0; row < problem.rows(); row += superblock)
    runSuperblock(row, std::min(superblock, problem.rows() - row));
}

} // namespace mlir::attn::test
