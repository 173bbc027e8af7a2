//===- KernelLibrary.cpp - micro-kernels of one module --------------------===//

#include "codegen/cpu/lower/KernelLibrary.h"
#include "codegen/cpu/TilePack.h"
#include "codegen/cpu/lower/RowIntervals.h"
#include "codegen/cpu/lower/ScoreHooks.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace mlir::attn;

template <typename T> static std::string toText(T value) {
  std::string text;
  llvm::raw_string_ostream(text) << value;
  return text;
}

/// What distinguishes two panel configurations of one machine.
static std::string describe(const PanelKernelConfig &config) {
  std::string text;
  llvm::raw_string_ostream os(text);
  os << config.atom.getOperandType() << " " << config.keyDim << " " << config.valueDim << " " << config.block.keys << "x"
     << config.block.vectors << " " << config.keyTile << " " << config.guarded;
  if (config.prefetch)
    os << " prefetch " << config.prefetch;
  for (Type type : config.extraTypes)
    os << " " << type;
  return text;
}

func::FuncOp KernelLibrary::getOrCreate(StringRef prefix, const Twine &key, llvm::function_ref<func::FuncOp(StringRef)> create) {
  std::string text = (prefix + " " + key).str();
  func::FuncOp &function = functions[text];
  if (!function)
    function = create(("attn_" + prefix + "_" + Twine(functions.size())).str());
  return function;
}

func::FuncOp KernelLibrary::getPanelInit(const PanelKernelConfig &config, NormalizerAttrInterface normalizer) {
  return getOrCreate("panel_init", describe(config) + toText(normalizer), [&](StringRef name) {
    return emitPanelInit(module, name, config, normalizer);
  });
}

/// What distinguishes two treatments of scores.
static std::string describe(const ScoreTreatment &scores) {
  std::string text;
  llvm::raw_string_ostream os(text);
  os << " " << scores.positions.group << " " << scores.positions.rowStep << " " << scores.positions.keyStep;
  if (scores.map)
    os << LaneRegion::getFingerprint(scores.map->getRegion(0));
  MaskAttrInterface predicate = scores.restrict ? SegmentAttr(RestrictOp(scores.restrict).getSegment()).getPredicate() : MaskAttrInterface();
  if (predicate)
    os << predicate;
  return text;
}

func::FuncOp KernelLibrary::getPanelKernel(PanelKernelConfig config, NormalizerAttrInterface normalizer, const ScoreTreatment &scores,
                                           ArrayRef<Type> extraTypes) {
  config.guarded = bool(scores.restrict);
  config.extraTypes = llvm::to_vector(extraTypes);
  return getOrCreate("panel", describe(config) + toText(normalizer) + describe(scores), [&](StringRef name) {
    PanelScoreHook hook(scores);
    auto call = [&](ImplicitLocOpBuilder &b, Value score, const ScoreContext &context) { return hook.apply(b, score, context); };
    ScoreHook none;
    return emitPanelKernel(module, name, config, normalizer, hook.isIdentity() ? none : ScoreHook(call));
  });
}

func::FuncOp KernelLibrary::getQueryPack(const PanelKernelConfig &config, Type storage, int64_t group) {
  return getOrCreate("pack_queries", describe(config) + toText(storage) + " " + std::to_string(group),
                     [&](StringRef name) { return emitQueryPack(module, name, config, storage, group); });
}

static std::string describeTile(const MatrixAtom &atom, Type storage, int64_t columns, int64_t keyTile) {
  return toText(atom.getOperandType()) + " " + toText(storage) + " " + std::to_string(columns) + " " + std::to_string(keyTile);
}

func::FuncOp KernelLibrary::getRowPack(const MatrixAtom &atom, Type storage, int64_t columns, int64_t keyTile) {
  return getOrCreate("pack_rows", describeTile(atom, storage, columns, keyTile),
                     [&](StringRef name) { return emitRowPack(module, name, atom, storage, columns, keyTile); });
}

func::FuncOp KernelLibrary::getValuePack(const MatrixAtom &atom, Type storage, int64_t columns, int64_t keyTile) {
  return getOrCreate("pack_values", describeTile(atom, storage, columns, keyTile),
                     [&](StringRef name) { return emitValuePack(module, name, atom, storage, columns, keyTile); });
}

func::FuncOp KernelLibrary::getPanelStore(const PanelKernelConfig &config, NormalizerAttrInterface normalizer,
                                          const PanelStoreOptions &options) {
  std::string key = describe(config) + toText(normalizer) + toText(options.output) + " " + std::to_string(options.group);
  key += options.logSumExp ? " lse" : "";
  key += options.rowMax ? " max" : "";
  return getOrCreate("store", key, [&](StringRef name) {
    return emitPanelStore(module, name, config, normalizer, options);
  });
}

static func::FuncOp emitPanelMerge(ModuleOp module, StringRef name, const PanelKernelConfig &config, NormalizerAttrInterface normalizer) {
  ImplicitLocOpBuilder b(module.getLoc(), module.getContext());
  Type accumulators = config.accumulatorType(), statistics = config.statisticsType(normalizer);
  func::FuncOp function = beginFunction(b, module, name, {accumulators, statistics, accumulators, statistics, b.getF32Type()});
  auto arguments = function.getArguments();
  VectorType lanes = config.atom.getLaneType();
  for (unsigned vector = 0; vector < config.block.vectors; ++vector) {
    Value column = indexConstant(b, vector * config.atom.getMachine().lanes);
    SmallVector<Value> mine, other;
    for (unsigned n = 0; n < normalizer.getInitialStatistics().size(); ++n) {
      mine.push_back(loadAligned(b, lanes, arguments[1], {indexConstant(b, n), column}));
      other.push_back(loadAligned(b, lanes, arguments[3], {indexConstant(b, n), column}));
    }
    MergeResult merged = normalizer.buildMerge(b, mine, other, splat(b, lanes, arguments[4]));
    for (auto [n, statistic] : llvm::enumerate(merged.statistics))
      storeAligned(b, statistic, arguments[1], {indexConstant(b, n), column});
    forLoop(b, indexConstant(b, 0), indexConstant(b, config.valueDim), 1, [&](Value row) {
      auto scaled = [&](Value memory, Value factor) -> Value {
        Value loaded = loadAligned(b, lanes, memory, {row, column});
        return factor ? Value(arith::MulFOp::create(b, loaded, factor)) : loaded;
      };
      Value sum = arith::AddFOp::create(b, scaled(arguments[0], merged.lhsFactor), scaled(arguments[2], merged.rhsFactor));
      storeAligned(b, sum, arguments[0], {row, column});
    });
  }
  func::ReturnOp::create(b);
  return function;
}

func::FuncOp KernelLibrary::getPanelMerge(const PanelKernelConfig &config, NormalizerAttrInterface normalizer) {
  return getOrCreate("merge", describe(config) + toText(normalizer), [&](StringRef name) {
    return emitPanelMerge(module, name, config, normalizer);
  });
}

func::FuncOp KernelLibrary::getRowIntervals(SegmentAttr segment, int64_t group, int64_t rows, int64_t keyTile, unsigned numNumbers) {
  std::string key = toText(segment) + " " + std::to_string(group) + " " + std::to_string(rows) + " " + std::to_string(keyTile);
  return getOrCreate("row_intervals", key, [&](StringRef name) {
    return emitRowIntervals(module, name, machine, segment, group, rows, keyTile, numNumbers);
  });
}

//===----------------------------------------------------------------------===//
// Few rows
//===----------------------------------------------------------------------===//

static std::string describe(const DecodeKernelConfig &config) {
  std::string text = toText(config.storage);
  llvm::raw_string_ostream os(text);
  os << " " << config.keyDim << " " << config.valueDim << " " << config.rows << " " << config.keyTile << " " << config.guarded;
  for (Type type : config.extraTypes)
    os << " " << type;
  return text;
}

func::FuncOp KernelLibrary::getDecodeInit(const DecodeKernelConfig &config, NormalizerAttrInterface normalizer) {
  return getOrCreate("few_rows_init", describe(config) + toText(normalizer),
                     [&](StringRef name) { return emitDecodeInit(module, name, config, normalizer); });
}

func::FuncOp KernelLibrary::getDecodeQueryPack(const DecodeKernelConfig &config, int64_t group) {
  return getOrCreate("few_rows_queries", describe(config) + " " + std::to_string(group),
                     [&](StringRef name) { return emitDecodeQueryPack(module, name, config, group); });
}

func::FuncOp KernelLibrary::getDecodeKernel(DecodeKernelConfig config, NormalizerAttrInterface normalizer, const ScoreTreatment &scores,
                                            ArrayRef<Type> extraTypes) {
  config.guarded = bool(scores.restrict);
  config.extraTypes = llvm::to_vector(extraTypes);
  return getOrCreate("few_rows", describe(config) + toText(normalizer) + describe(scores), [&](StringRef name) {
    StreamScoreHook hook(scores);
    auto call = [&](ImplicitLocOpBuilder &b, Value score, const ScoreContext &context) { return hook.apply(b, score, context); };
    ScoreHook none;
    return emitDecodeKernel(module, name, config, normalizer, hook.isIdentity() ? none : ScoreHook(call));
  });
}

func::FuncOp KernelLibrary::getDecodeStorePartial(const DecodeKernelConfig &config, NormalizerAttrInterface normalizer, int64_t group) {
  return getOrCreate("few_rows_keep", describe(config) + toText(normalizer) + " " + std::to_string(group),
                     [&](StringRef name) { return emitDecodeStorePartial(module, name, config, normalizer, group); });
}

func::FuncOp KernelLibrary::getRowMerge(int64_t width, NormalizerAttrInterface normalizer, const PanelStoreOptions &options) {
  std::string key = toText(normalizer) + toText(options.output) + " " + std::to_string(width) + " " + std::to_string(options.group);
  key += options.logSumExp ? " lse" : "";
  key += options.rowMax ? " max" : "";
  return getOrCreate("few_rows_merge", key,
                     [&](StringRef name) { return emitMerge(module, name, machine, width, normalizer, options); });
}
