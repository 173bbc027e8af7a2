//===- DecodeAttention.cpp - attention by decode kernels, driven from C++ -===//

#include "test/unit/cpu/DecodeAttention.h"

#include "llvm/Support/MathExtras.h"

namespace mlir::attn::test {

DecodeAttention::DecodeAttention(const CpuMachine &machine, const PanelProblem &problem, int64_t parts, ScoreHook hook,
                                 bool hookScales)
    : problem(problem), parts(parts), guarded(bool(problem.visible)),
      config(machine, typeOf(module.getContext(), problem.dtype), problem.keyDim, problem.valueDim, problem.group),
      c((hookScales ? 1.0 : problem.scale) * llvm::numbers::log2e) {
  auto softmax = SoftmaxAttr::get(module.getContext());
  config.guarded = guarded;
  PanelStoreOptions options;
  options.output = typeOf(module.getContext(), problem.output);
  options.group = problem.group;
  options.logSumExp = true;
  emitDecodeQueryPack(module.get(), "pack", config, problem.group);
  emitDecodeInit(module.get(), "init", config, softmax);
  emitDecodeKernel(module.get(), "kernel", config, softmax, hook);
  emitDecodeStorePartial(module.get(), "store_partial", config, softmax, problem.group);
  emitMerge(module.get(), "merge", machine, problem.valueDim, softmax, options);
  error = module.compile(machine);
  queries = Buffer(config.queryType().getNumElements() * 4);
  accumulators = Buffer(config.accumulatorType().getNumElements() * 4);
  statistics = Buffer(2 * config.rows * 4);
  scores = Buffer(config.scoreType().getNumElements() * 4);
  guardFirst = Buffer(config.rows * 4);
  guardEnd = Buffer(config.rows * 4);
  partialOutputs = Buffer(parts * problem.group * problem.valueDim * 4);
  partialStatistics = Buffer(parts * problem.group * 2 * 4);
}

void DecodeAttention::runPart(const void *k, const void *v, int64_t firstKey, int64_t endKey) {
  auto queryView = dense(queries.as<float>(), config.rows, config.queryType().getDimSize(1));
  auto accumulatorView = dense(accumulators.as<float>(), config.rows, config.accumulatorType().getDimSize(1));
  auto statisticView = dense(statistics.as<float>(), 2, config.rows),
       scoreView = dense(scores.as<float>(), config.rows, config.keyTile);
  auto first = dense(guardFirst.as<int32_t>(), config.rows), end = dense(guardEnd.as<int32_t>(), config.rows);
  module.call<void *, void *>("init", &accumulatorView, &statisticView);
  Interval visible = problem.visibleAt(0);
  void *kernel = module.lookup("kernel");
  for (int64_t start = firstKey; start < endKey; start += config.keyTile) {
    View<2> keys = dense(k, problem.keys, problem.getKeyStride()), values = dense(v, problem.keys, problem.getValueStride());
    keys.offset = start * problem.getKeyStride();
    values.offset = start * problem.getValueStride();
    int64_t count = std::min(config.keyTile, endKey - start);
    using V = void *;
    if (!guarded) {
      reinterpret_cast<void (*)(V, V, V, V, V, V, int64_t, float)>(kernel)(&keys, &values, &queryView, &accumulatorView,
                                                                           &statisticView, &scoreView, count, c);
      continue;
    }
    for (int64_t row = 0; row < config.rows; ++row) {
      guardFirst.as<int32_t>()[row] = visible.first - start;
      guardEnd.as<int32_t>()[row] = visible.end - start;
    }
    reinterpret_cast<void (*)(V, V, V, V, V, V, int64_t, float, V, V)>(kernel)(
        &keys, &values, &queryView, &accumulatorView, &statisticView, &scoreView, count, c, &first, &end);
  }
}

void DecodeAttention::run(const void *q, const void *k, const void *v, void *o, float *lse) {
  auto source = dense(q, problem.group, 1, problem.keyDim);
  auto queryView = dense(queries.as<float>(), config.rows, config.queryType().getDimSize(1));
  auto accumulatorView = dense(accumulators.as<float>(), config.rows, config.accumulatorType().getDimSize(1));
  auto statisticView = dense(statistics.as<float>(), 2, config.rows);
  auto outputView = dense(o, problem.group, 1, problem.valueDim);
  auto lseView = dense(lse, problem.group, 1);
  module.call<void *, void *, int64_t>("pack", &source, &queryView, 0);
  auto partOutputs = dense(partialOutputs.as<float>(), parts, problem.group, 1, problem.valueDim);
  auto partStatistics = dense(partialStatistics.as<float>(), parts, problem.group, 1, 2);
  int64_t perPart = (problem.keys + parts - 1) / parts;
  for (int64_t part = 0; part < parts; ++part) {
    runPart(k, v, std::min(part * perPart, problem.keys), std::min((part + 1) * perPart, problem.keys));
    auto outputs =
        dense(partialOutputs.as<float>() + part * problem.group * problem.valueDim, problem.group, 1, problem.valueDim);
    auto stats = dense(partialStatistics.as<float>() + part * problem.group * 2, problem.group, 1, 2);
    module.call<void *, void *, int64_t, void *, void *>("store_partial", &accumulatorView, &statisticView, 0, &outputs,
                                                         &stats);
  }
  module.call<void *, void *, int64_t, float, int64_t, int64_t, void *, void *>("merge", &partOutputs, &partStatistics, parts,
                                                                                c, 0, problem.group, &outputView, &lseView);
}

} // namespace mlir::attn::test
