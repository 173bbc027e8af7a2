//===- PanelKernel.cpp - one key tile against one panel of rows -----------===//

#include "codegen/cpu/PanelKernel.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

#include <limits>

namespace mlir::attn {

MemRefType PanelKernelConfig::queryPanelType() const {
  return denseMatrix(atom.getSteps(keyDim), rows(), atom.getLaneType().getElementType());
}
MemRefType PanelKernelConfig::accumulatorType() const {
  return denseMatrix(valueDim, rows(), atom.getLaneType().getElementType());
}
MemRefType PanelKernelConfig::statisticsType(NormalizerAttrInterface normalizer) const {
  return denseMatrix(normalizer.getInitialStatistics().size(), rows(), atom.getLaneType().getElementType());
}
MemRefType PanelKernelConfig::scoreType() const { return denseMatrix(keyTile, rows(), atom.getLaneType().getElementType()); }
MemRefType PanelKernelConfig::guardType() const {
  return MemRefType::get({rows()}, IntegerType::get(atom.getLaneType().getContext(), 32));
}

namespace {

/// Emits the body of one kernel; the stages share the function's arguments and constants.
class PanelKernelEmitter {
public:
  PanelKernelEmitter(ModuleOp module, const PanelKernelConfig &config, NormalizerAttrInterface normalizer, ScoreHook scoreHook)
      : b(module.getLoc(), module.getContext()), module(module), config(config), atom(config.atom), normalizer(normalizer),
        scoreHook(scoreHook), lanes(config.atom.getMachine().lanes), vectors(config.block.vectors) {}

  func::FuncOp emit(llvm::StringRef name);

private:
  void bindArguments(func::FuncOp function);
  /// Scores of all key blocks, stored; returns the maximum of each row.
  SmallVector<Value> emitScores();
  SmallVector<Value> emitScoreBlock(Value firstKeyOfBlock, ValueRange rowMax);
  /// Score hook and guard for the stored scores of one block.
  SmallVector<Value> emitScorePass(Value firstKeyOfBlock, ValueRange rowMax);
  Value guardScore(Value score, Value key, unsigned vector);
  /// Weights in place of the scores; returns their sums.
  SmallVector<Value> emitWeights(ArrayRef<Value> shifts);
  void storeWeights(Value key, ArrayRef<SmallVector<Value>> weights);
  /// O^T = rescale * O^T + V^T P.
  void emitOutputs(ArrayRef<Value> rescale);
  void emitOutputBlock(Value firstColumn, unsigned columns, ArrayRef<Value> rescale);
  void emitPrefetch(Value key, Value step);
  void emitPrefetchOf(Value view, int64_t columns, Value key, Value step);

  Value laneOffset(unsigned vector) { return indexConstant(b, vector * lanes); }
  Value loadLanes(Value memref, Value row, unsigned vector) {
    return loadAligned(b, atom.getLaneType(), memref, {row, laneOffset(vector)});
  }

  ImplicitLocOpBuilder b;
  ModuleOp module;
  const PanelKernelConfig &config;
  const MatrixAtom &atom;
  NormalizerAttrInterface normalizer;
  ScoreHook scoreHook;
  unsigned lanes, vectors;

  Value keys, values, queryPanel, accumulators, statistics, scores, firstKey, endKey, c;
  /// `c` in all lanes.
  Value scale;
  Value firstVisible, endVisible, nextKeys, nextValues;
  ValueRange extra;
};

} // namespace

void PanelKernelEmitter::bindArguments(func::FuncOp function) {
  auto arguments = function.getArguments();
  Value *bound[] = {&keys, &values, &queryPanel, &accumulators, &statistics, &scores, &firstKey, &endKey, &c};
  unsigned next = 0;
  for (Value *value : bound)
    *value = arguments[next++];
  if (config.guarded) {
    firstVisible = arguments[next++];
    endVisible = arguments[next++];
  }
  if (config.prefetch) {
    nextKeys = arguments[next++];
    nextValues = arguments[next++];
  }
  extra = ValueRange(arguments.drop_front(next));
  scale = splat(b, atom.getLaneType(), c);
}

func::FuncOp PanelKernelEmitter::emit(llvm::StringRef name) {
  SmallVector<Type> types = {config.tileViewType(),
                             config.tileViewType(),
                             config.queryPanelType(),
                             config.accumulatorType(),
                             config.statisticsType(normalizer),
                             config.scoreType(),
                             b.getIndexType(),
                             b.getIndexType(),
                             b.getF32Type()};
  if (config.guarded)
    types.append(2, config.guardType());
  if (config.prefetch)
    types.append(2, stridedView(2, config.prefetch));
  llvm::append_range(types, config.extraTypes);
  func::FuncOp function = beginFunction(b, module, name, types);
  bindArguments(function);

  SmallVector<Value> rowMax = emitScores();
  SmallVector<StepStart> starts;
  SmallVector<Value> shifts, rescale;
  for (unsigned vector = 0; vector < vectors; ++vector) {
    SmallVector<Value> old;
    for (unsigned statistic = 0; statistic < normalizer.getInitialStatistics().size(); ++statistic)
      old.push_back(loadLanes(statistics, indexConstant(b, statistic), vector));
    starts.push_back(normalizer.buildBeginStep(b, old, normalizer.usesRowMax() ? rowMax[vector] : Value(), scale));
    shifts.push_back(starts.back().shift);
    rescale.push_back(starts.back().rescale);
  }
  SmallVector<Value> sums = emitWeights(shifts);
  for (unsigned vector = 0; vector < vectors; ++vector) {
    SmallVector<Value> updated = normalizer.buildEndStep(b, starts[vector].statistics, starts[vector].rescale,
                                                         normalizer.usesRowSum() ? sums[vector] : Value());
    for (auto [statistic, value] : llvm::enumerate(updated))
      storeAligned(b, value, statistics, {indexConstant(b, statistic), laneOffset(vector)});
  }
  emitOutputs(rescale);
  func::ReturnOp::create(b);
  return function;
}

SmallVector<Value> PanelKernelEmitter::emitScores() {
  Value minusInf = floatConstant(b, atom.getLaneType(), -std::numeric_limits<double>::infinity());
  SmallVector<Value> init(normalizer.usesRowMax() ? vectors : 0, minusInf);
  return forLoop(b, firstKey, endKey, config.block.keys, init,
                 [&](Value key, ValueRange rowMax) { return emitScoreBlock(key, rowMax); });
}

/// The largest of `values`, as a tree, so that the chain is short.
static Value largestOf(ImplicitLocOpBuilder &b, SmallVector<Value> values) {
  while (values.size() > 1) {
    SmallVector<Value> next;
    for (size_t i = 0; i + 1 < values.size(); i += 2)
      next.push_back(largerOf(b, values[i + 1], values[i]));
    if (values.size() % 2)
      next.push_back(values.back());
    values = std::move(next);
  }
  return values.front();
}

SmallVector<Value> PanelKernelEmitter::emitScoreBlock(Value key, ValueRange rowMax) {
  int64_t steps = atom.getSteps(config.keyDim);
  unsigned blockKeys = config.block.keys;
  SmallVector<Value> keyRows;
  for (unsigned row = 0; row < blockKeys; ++row)
    keyRows.push_back(addIndex(b, key, row));

  auto queryLanes = [&](Value step, unsigned vector) { return loadLanes(queryPanel, step, vector); };
  auto prefetchBeside = [&](Value step) { emitPrefetch(key, step); };
  ProductOperands operands = {BroadcastOperands::alongRows(b, atom, keys, key, blockKeys), vectors, indexConstant(b, steps),

                              queryLanes, nullptr};
  if (config.prefetch)
    operands.beside = prefetchBeside;
  SmallVector<Value> block = emitProduct(b, atom, operands);

  for (unsigned row = 0; row < blockKeys; ++row)
    for (unsigned vector = 0; vector < vectors; ++vector)
      storeAligned(b, block[row * vectors + vector], scores, {keyRows[row], laneOffset(vector)});
  // A block fills the register file, so arithmetic on scores runs over the stored block, which is in L1.
  if (scoreHook || config.guarded)
    return emitScorePass(key, rowMax);

  SmallVector<Value> updated;
  for (auto [vector, current] : llvm::enumerate(rowMax)) {
    SmallVector<Value> candidates;
    for (unsigned row = 0; row < blockKeys; ++row)
      candidates.push_back(block[row * vectors + vector]);
    updated.push_back(largerOf(b, largestOf(b, candidates), current));
  }
  return updated;
}

SmallVector<Value> PanelKernelEmitter::emitScorePass(Value firstKeyOfBlock, ValueRange rowMax) {
  constexpr unsigned kUnroll = 2;
  return forLoop(b, firstKeyOfBlock, addIndex(b, firstKeyOfBlock, config.block.keys), kUnroll, rowMax,
                 [&](Value first, ValueRange carried) {
                   SmallVector<Value> largest(carried);
                   for (unsigned u = 0; u < kUnroll; ++u) {
                     Value key = addIndex(b, first, u);
                     for (unsigned vector = 0; vector < vectors; ++vector) {
                       Value score = loadLanes(scores, key, vector);
                       if (scoreHook)
                         score = scoreHook(b, score, ScoreContext{key, vector, Value(), extra});
                       if (config.guarded)
                         score = guardScore(score, key, vector);
                       storeAligned(b, score, scores, {key, laneOffset(vector)});
                       if (!largest.empty())
                         largest[vector] = largerOf(b, score, largest[vector]);
                     }
                   }
                   return largest;
                 });
}

Value PanelKernelEmitter::guardScore(Value score, Value key, unsigned vector) {
  VectorType laneIndices = vectorOf(lanes, b.getI32Type());
  Value position = splat(b, laneIndices, arith::IndexCastOp::create(b, b.getI32Type(), key));
  Value first = loadAligned(b, laneIndices, firstVisible, laneOffset(vector));
  Value end = loadAligned(b, laneIndices, endVisible, laneOffset(vector));
  Value visible = arith::AndIOp::create(b, arith::CmpIOp::create(b, arith::CmpIPredicate::sge, position, first),
                                        arith::CmpIOp::create(b, arith::CmpIPredicate::slt, position, end));
  Value hidden = floatConstant(b, score.getType(), -std::numeric_limits<double>::infinity());
  return arith::SelectOp::create(b, visible, score, hidden);
}

SmallVector<Value> PanelKernelEmitter::emitWeights(ArrayRef<Value> shifts) {
  // Two keys make a pair; without pairs, sixteen registers hold the polynomials of one key.
  unsigned unroll = atom.getMachine().vectorRegisters < 32 ? atom.getPackFactor() : 2;
  // Weights that are rounded to bf16 pairs do not show an error of 1e-4.
  auto fastmath = atom.getPackFactor() == 2 ? arith::FastMathFlags::afn : arith::FastMathFlags::none;
  SmallVector<Value> init(normalizer.usesRowSum() ? vectors : 0, floatConstant(b, atom.getLaneType(), 0.0));
  return forLoop(b, firstKey, endKey, unroll, init, [&](Value first, ValueRange carried) {
    SmallVector<Value> sums(carried);
    SmallVector<SmallVector<Value>> weights(unroll);
    for (unsigned u = 0; u < unroll; ++u)
      for (unsigned vector = 0; vector < vectors; ++vector) {
        Value score = loadLanes(scores, addIndex(b, first, u), vector);
        weights[u].push_back(normalizer.buildWeight(b, score, scale, shifts[vector], fastmath));
      }
    for (unsigned vector = 0; vector < sums.size(); ++vector)
      for (unsigned u = 0; u < unroll; ++u)
        sums[vector] = arith::AddFOp::create(b, sums[vector], weights[u][vector]);
    storeWeights(first, weights);
    return sums;
  });
}

void PanelKernelEmitter::storeWeights(Value key, ArrayRef<SmallVector<Value>> weights) {
  if (atom.getPackFactor() == 1) {
    for (auto [u, row] : llvm::enumerate(weights))
      for (auto [vector, value] : llvm::enumerate(row))
        storeAligned(b, value, scores, {addIndex(b, key, u), laneOffset(vector)});
    return;
  }
  // Two keys' weights become one row of pairs, which overtakes no score that is still to be read.
  Value pairRow = arith::ShRUIOp::create(b, key, indexConstant(b, 1));
  VectorType pairs = vectorOf(2 * lanes, b.getBF16Type());
  SmallVector<int64_t> interleave;
  for (unsigned lane = 0; lane < lanes; ++lane)
    interleave.append({int64_t(lane), int64_t(lanes + lane)});
  for (unsigned vector = 0; vector < vectors; ++vector) {
    // The instruction takes the upper half first.
    Value halves = LLVM::CallIntrinsicOp::create(b, pairs, b.getStringAttr("llvm.x86.avx512bf16.cvtne2ps2bf16.512"),
                                                 ValueRange{weights[1][vector], weights[0][vector]})
                       .getResults();
    Value rowPairs = vector::ShuffleOp::create(b, halves, halves, interleave);
    storeAligned(b, vector::BitCastOp::create(b, atom.getLaneType(), rowPairs), scores, {pairRow, laneOffset(vector)});
  }
}

/// Output columns of one register block: the largest divisor of `valueDim` that fills most of the block, else the whole block.
static unsigned outputBlock(int64_t valueDim, PanelBlock block) {
  for (unsigned columns = block.keys; 3 * columns >= 2 * block.keys; --columns)
    if (valueDim % columns == 0)
      return columns;
  return block.keys;
}

void PanelKernelEmitter::emitOutputs(ArrayRef<Value> rescale) {
  unsigned columns = outputBlock(config.valueDim, config.block);
  int64_t whole = config.valueDim / columns * columns;
  if (whole > 0)
    forLoop(b, indexConstant(b, 0), indexConstant(b, whole), columns, [&](Value e) { emitOutputBlock(e, columns, rescale); });
  if (whole < config.valueDim)
    emitOutputBlock(indexConstant(b, whole), config.valueDim - whole, rescale);
}

void PanelKernelEmitter::emitOutputBlock(Value firstColumn, unsigned columns, ArrayRef<Value> rescale) {
  unsigned factor = atom.getPackFactor();
  Value firstStep = firstKey, endStep = endKey;
  if (factor == 2) {
    firstStep = arith::ShRUIOp::create(b, firstKey, indexConstant(b, 1));
    endStep = arith::ShRUIOp::create(b, endKey, indexConstant(b, 1));
  }
  auto weightLanes = [&](Value step, unsigned vector) { return loadLanes(scores, addIndex(b, firstStep, step), vector); };
  Value steps = arith::SubIOp::create(b, endStep, firstStep);
  SmallVector<Value> block = emitProduct(
      b, atom,
      {BroadcastOperands::acrossRows(b, atom, values, firstStep, firstColumn, columns), vectors, steps, weightLanes, nullptr});

  // Sums of one tile start at zero and join the older ones in one step: the error stays that of a tile.
  for (unsigned column = 0; column < columns; ++column)
    for (unsigned vector = 0; vector < vectors; ++vector) {
      Value row = addIndex(b, firstColumn, column);
      Value old = loadLanes(accumulators, row, vector), sum = block[column * vectors + vector];
      Value updated = rescale[vector] ? multiplyAddF32(b, atom.getMachine(), old, rescale[vector], sum)
                                      : Value(arith::AddFOp::create(b, old, sum));
      storeAligned(b, updated, accumulators, {row, laneOffset(vector)});
    }
}

void PanelKernelEmitter::emitPrefetch(Value key, Value step) {
  emitPrefetchOf(nextKeys, config.keyDim, key, step);
  emitPrefetchOf(nextValues, config.valueDim, key, step);
}

/// The cache lines of the next tile's rows [key, key + block) are spread over the steps of one score block.
void PanelKernelEmitter::emitPrefetchOf(Value view, int64_t columns, Value key, Value step) {
  constexpr int64_t kLineBytes = 64;
  int64_t lineElements = kLineBytes / (config.prefetch.getIntOrFloatBitWidth() / 8);
  int64_t linesPerRow = (columns + lineElements - 1) / lineElements;
  int64_t lines = linesPerRow * config.block.keys, steps = atom.getSteps(config.keyDim);
  int64_t perStep = (lines + steps - 1) / steps;
  for (int64_t i = 0; i < perStep; ++i) {
    Value line = addIndex(b, arith::MulIOp::create(b, step, indexConstant(b, perStep)), i);
    Value row = arith::AddIOp::create(b, key, arith::DivUIOp::create(b, line, indexConstant(b, linesPerRow)));
    Value column = arith::MulIOp::create(b, arith::RemUIOp::create(b, line, indexConstant(b, linesPerRow)),
                                         indexConstant(b, lineElements));
    memref::PrefetchOp::create(b, view, ValueRange{row, column}, /*isWrite=*/false, /*localityHint=*/3, /*isDataCache=*/true);
  }
}

func::FuncOp emitPanelKernel(ModuleOp module, llvm::StringRef name, const PanelKernelConfig &config,
                             NormalizerAttrInterface normalizer, ScoreHook scoreHook) {
  return PanelKernelEmitter(module, config, normalizer, scoreHook).emit(name);
}

func::FuncOp emitPanelInit(ModuleOp module, llvm::StringRef name, const PanelKernelConfig &config,
                           NormalizerAttrInterface normalizer) {
  ImplicitLocOpBuilder b(module.getLoc(), module.getContext());
  func::FuncOp function = beginFunction(b, module, name, {config.accumulatorType(), config.statisticsType(normalizer)});
  VectorType laneType = config.atom.getLaneType();
  unsigned lanes = config.atom.getMachine().lanes;
  Value zero = floatConstant(b, laneType, 0.0);
  forLoop(b, indexConstant(b, 0), indexConstant(b, config.valueDim), 1, [&](Value row) {
    for (unsigned vector = 0; vector < config.block.vectors; ++vector)
      storeAligned(b, zero, function.getArgument(0), {row, indexConstant(b, vector * lanes)});
  });
  for (auto [statistic, value] : llvm::enumerate(normalizer.getInitialStatistics()))
    for (unsigned vector = 0; vector < config.block.vectors; ++vector)
      storeAligned(b, floatConstant(b, laneType, value), function.getArgument(1),
                   {indexConstant(b, statistic), indexConstant(b, vector * lanes)});
  func::ReturnOp::create(b);
  return function;
}

} // namespace mlir::attn
