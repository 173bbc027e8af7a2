//===- DecodeKernel.cpp - one key tile against a few rows -----------------===//

#include "codegen/cpu/DecodeKernel.h"

#include "codegen/cpu/RawPointers.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

#include <limits>

namespace mlir::attn {

MemRefType DecodeKernelConfig::queryType() const {
  return denseMatrix(rows, roundUp(keyDim, chunk()) / atom.getPackFactor(), atom.getLaneType().getElementType());
}
MemRefType DecodeKernelConfig::accumulatorType() const {
  return denseMatrix(rows, roundUp(valueDim, chunk()), atom.getLaneType().getElementType());
}
MemRefType DecodeKernelConfig::statisticsType(NormalizerAttrInterface normalizer) const {
  return denseMatrix(normalizer.getInitialStatistics().size(), rows, atom.getLaneType().getElementType());
}
MemRefType DecodeKernelConfig::scoreType() const { return denseMatrix(rows, keyTile, atom.getLaneType().getElementType()); }
MemRefType DecodeKernelConfig::guardType() const {
  return MemRefType::get({rows}, IntegerType::get(atom.getLaneType().getContext(), 32));
}

namespace {

constexpr int64_t kLineBytes = 64;
/// How many elements ahead of the loads lines are fetched, for one row; several rows compute longer between two loads. The hardware's own
/// prefetchers stop at pages. Measured on a Zen 5 for heads of 64 to 256, f32, bf16 and f16: half or twice as far costs up to 8 %.
constexpr int64_t kPrefetchElements = 2048;
/// Keys whose values stay in L1 while the rows take turns.
constexpr int64_t kValueBlock = 32;
constexpr double kHidden = -std::numeric_limits<double>::infinity();

/// Emits the body of one kernel; the stages share the function's arguments and constants.
class DecodeKernelEmitter {
public:
  DecodeKernelEmitter(ModuleOp module, const DecodeKernelConfig &config, NormalizerAttrInterface normalizer,
                      ScoreHook scoreHook)
      : b(module.getLoc(), module.getContext()), module(module), config(config), atom(config.atom), normalizer(normalizer),
        scoreHook(scoreHook), lanes(config.atom.getMachine().lanes), factor(config.atom.getPackFactor()) {}

  func::FuncOp emit(llvm::StringRef name);

private:
  void bindArguments(func::FuncOp function);
  void emitScores();
  void emitPartialProducts(Value firstKey, int64_t firstRow, int64_t rows, bool holdQueries);
  void emitScoreRow(Value row, Value firstKey);
  Value guardScores(Value scores, Value row, Value firstKey);
  void emitWeights(Value row);
  void emitOutputs();
  /// Sums that are kept in registers together.
  struct OutputBlock {
    Value firstRow;
    int64_t rows, firstChunk, chunks;
    /// Whether there is a second key for bf16 pairs.
    bool paired;
    bool prefetches;
  };
  void emitOutputBlock(Value firstKey, Value endKey, const OutputBlock &block);
  /// Sums that a chunk of values needs: one vector, or two where two keys' elements are interleaved.
  SmallVector<Value> loadValues(Value key, int64_t chunk, bool paired);
  void joinAccumulators();

  Value loadRow(Value view, Value row, int64_t chunk, int64_t columns);
  void prefetchRow(Value view, Value row, int64_t columns);
  Value zero() { return indexConstant(b, 0); }
  int64_t chunksOf(int64_t columns) const { return (columns + config.chunk() - 1) / config.chunk(); }
  unsigned registers() const { return atom.getMachine().vectorRegisters; }

  ImplicitLocOpBuilder b;
  ModuleOp module;
  const DecodeKernelConfig &config;
  const MatrixAtom &atom;
  NormalizerAttrInterface normalizer;
  ScoreHook scoreHook;
  unsigned lanes, factor;

  Value keys, values, queries, accumulators, statistics, scores, keyCount, c;
  Value firstVisible, endVisible;
  ValueRange extra;
  /// Scratch on the stack: partial products [rows * lanes][lanes], this tile's outputs [rows][..], factors of the old
  /// accumulators [1][rows]. `scale` is `c` in all lanes, `laneNumbers` is 0, 1, ... as i32.
  Value partials, tileOutputs, rescales, scale, laneNumbers;
};

} // namespace

void DecodeKernelEmitter::bindArguments(func::FuncOp function) {
  auto arguments = function.getArguments();
  Value *bound[] = {&keys, &values, &queries, &accumulators, &statistics, &scores, &keyCount, &c};
  unsigned next = 0;
  for (Value *value : bound)
    *value = arguments[next++];
  if (config.guarded) {
    firstVisible = arguments[next++];
    endVisible = arguments[next++];
  }
  extra = ValueRange(arguments.drop_front(next));
}

func::FuncOp DecodeKernelEmitter::emit(llvm::StringRef name) {
  Type view = stridedView(2, config.storage);
  SmallVector<Type> types = {view,
                             view,
                             config.queryType(),
                             config.accumulatorType(),
                             config.statisticsType(normalizer),
                             config.scoreType(),
                             b.getIndexType(),
                             b.getF32Type()};
  if (config.guarded)
    types.append(2, config.guardType());
  llvm::append_range(types, config.extraTypes);
  func::FuncOp function = beginFunction(b, module, name, types);
  bindArguments(function);

  auto allocate = [&](MemRefType type) -> Value {
    return memref::AllocaOp::create(b, type, b.getI64IntegerAttr(kScratchAlignment));
  };
  partials = allocate(denseMatrix(config.rows * lanes, lanes, b.getF32Type()));
  tileOutputs = allocate(config.accumulatorType());
  rescales = allocate(denseMatrix(1, config.rows, b.getF32Type()));
  scale = splat(b, atom.getLaneType(), c);
  laneNumbers = arith::ConstantOp::create(b, b.getI32VectorAttr(llvm::to_vector(llvm::seq<int32_t>(0, lanes))));

  emitScores();
  forLoop(b, zero(), indexConstant(b, config.rows), 1, [&](Value row) { emitWeights(row); });
  emitOutputs();
  joinAccumulators();
  func::ReturnOp::create(b);
  return function;
}

/// A chunk of a row of keys or values as f32 lanes or as pairs, zeros beyond the last column.
Value DecodeKernelEmitter::loadRow(Value view, Value row, int64_t chunk, int64_t columns) {
  int64_t first = chunk * config.chunk(), count = std::min(config.chunk(), columns - first);
  Value loaded = loadPartial(b, config.storage, count, config.chunk(), view, {row, indexConstant(b, first)});
  return factor == 1 ? widen(b, loaded) : loaded;
}

void DecodeKernelEmitter::prefetchRow(Value view, Value row, int64_t columns) {
  int64_t elementBytes = config.storage.getIntOrFloatBitWidth() / 8;
  int64_t rowsAhead = std::max<int64_t>(1, (config.rows > 1 ? 2 : 1) * kPrefetchElements / columns);
  Value ahead = addIndex(b, row, rowsAhead);
  for (int64_t column = 0; column < columns; column += kLineBytes / elementBytes)
    memref::PrefetchOp::create(b, view, ValueRange{ahead, indexConstant(b, column)}, /*isWrite=*/false, /*localityHint=*/3,
                               /*isDataCache=*/true);
}

/// Parts of `count` in as few portions of at most `limit` as possible, evenly.
static int64_t portionOf(int64_t count, int64_t limit) {
  int64_t portions = (count + limit - 1) / limit;
  return (count + portions - 1) / portions;
}

void DecodeKernelEmitter::emitScores() {
  forLoop(b, zero(), keyCount, lanes, [&](Value firstKey) {
    // As many rows at a time as fit the registers with their queries, one accumulator each and a chunk of keys. Later rows find
    // the keys in L1. Very long rows read their queries from memory.
    int64_t rowLimit = (registers() - 4) / (chunksOf(config.keyDim) + 1);
    int64_t portion = portionOf(config.rows, rowLimit ? rowLimit : config.rows);
    for (int64_t row = 0; row < config.rows; row += portion)
      emitPartialProducts(firstKey, row, std::min(portion, config.rows - row), /*holdQueries=*/rowLimit != 0);
    forLoop(b, zero(), indexConstant(b, config.rows), 1, [&](Value row) { emitScoreRow(row, firstKey); });
  });
}

void DecodeKernelEmitter::emitPartialProducts(Value firstKey, int64_t firstRow, int64_t rows, bool holdQueries) {
  Value count = arith::MinUIOp::create(b, arith::SubIOp::create(b, keyCount, firstKey), indexConstant(b, lanes));
  int64_t chunks = chunksOf(config.keyDim);
  auto loadQuery = [&](int64_t row, int64_t chunk) {
    return loadAligned(b, atom.getLaneType(), queries, {indexConstant(b, firstRow + row), indexConstant(b, chunk * lanes)});
  };
  SmallVector<Value> held;
  for (int64_t row = 0; holdQueries && row < rows; ++row)
    for (int64_t chunk = 0; chunk < chunks; ++chunk)
      held.push_back(loadQuery(row, chunk));
  forLoop(b, zero(), count, 1, [&](Value keyOfBlock) {
    Value key = addIndex(b, firstKey, keyOfBlock);
    if (firstRow == 0)
      prefetchRow(keys, key, config.keyDim);
    SmallVector<Value> sums(rows, floatConstant(b, atom.getLaneType(), 0.0));
    for (int64_t chunk = 0; chunk < chunks; ++chunk) {
      Value loaded = loadRow(keys, key, chunk, config.keyDim);
      Value keyLanes = factor == 1 ? loaded : Value(vector::BitCastOp::create(b, atom.getLaneType(), loaded));
      for (int64_t row = 0; row < rows; ++row) {
        Value query = holdQueries ? held[row * chunks + chunk] : loadQuery(row, chunk);
        sums[row] = atom.multiplyAdd(b, query, keyLanes, sums[row]);
      }
    }
    for (int64_t row = 0; row < rows; ++row)
      storeAligned(b, sums[row], partials, {addIndex(b, keyOfBlock, (firstRow + row) * lanes), zero()});
  });
}

void DecodeKernelEmitter::emitScoreRow(Value row, Value firstKey) {
  Value firstPartial = arith::MulIOp::create(b, row, indexConstant(b, lanes));
  SmallVector<Value> products;
  for (unsigned key = 0; key < lanes; ++key)
    products.push_back(loadAligned(b, atom.getLaneType(), partials, {addIndex(b, firstPartial, key), zero()}));
  Value score = sumLanes(b, products);
  if (scoreHook)
    score = scoreHook(b, score, ScoreContext{firstKey, 0, row, extra});
  storeAligned(b, guardScores(score, row, firstKey), scores, {row, firstKey});
}

/// Hides lanes beyond the tile's last key, whose partial products are leftovers, and those outside the row's interval.
Value DecodeKernelEmitter::guardScores(Value score, Value row, Value firstKey) {
  VectorType positions = vectorOf(lanes, b.getI32Type());
  auto broadcastIndex = [&](Value index) { return splat(b, positions, arith::IndexCastOp::create(b, b.getI32Type(), index)); };
  Value position = arith::AddIOp::create(b, broadcastIndex(firstKey), laneNumbers);
  Value visible = arith::CmpIOp::create(b, arith::CmpIPredicate::slt, position, broadcastIndex(keyCount));
  if (config.guarded) {
    Value first = splat(b, positions, memref::LoadOp::create(b, firstVisible, row));
    Value end = splat(b, positions, memref::LoadOp::create(b, endVisible, row));
    visible = arith::AndIOp::create(b, visible, arith::CmpIOp::create(b, arith::CmpIPredicate::sge, position, first));
    visible = arith::AndIOp::create(b, visible, arith::CmpIOp::create(b, arith::CmpIPredicate::slt, position, end));
  }
  return arith::SelectOp::create(b, visible, score, floatConstant(b, score.getType(), kHidden));
}

void DecodeKernelEmitter::emitWeights(Value row) {
  VectorType laneType = atom.getLaneType();
  Value rowMax, rowSum;
  if (normalizer.usesRowMax()) {
    Value hidden = floatConstant(b, laneType, kHidden);
    Value largest = forLoop(b, zero(), keyCount, lanes, hidden, [&](Value key, ValueRange carried) -> SmallVector<Value> {
                      return {largerOf(b, loadAligned(b, laneType, scores, {row, key}), carried[0])};
                    }).front();
    rowMax = vector::ReductionOp::create(b, vector::CombiningKind::MAXNUMF, largest);
  }
  SmallVector<Value> old;
  for (size_t statistic = 0; statistic < normalizer.getInitialStatistics().size(); ++statistic)
    old.push_back(memref::LoadOp::create(b, statistics, ValueRange{indexConstant(b, statistic), row}));
  StepStart start = normalizer.buildBeginStep(b, old, rowMax, c);
  Value shift = start.shift ? splat(b, laneType, start.shift) : Value();

  auto fastmath = factor == 2 ? arith::FastMathFlags::afn : arith::FastMathFlags::none;
  // bf16 weights move to the front of their row, where no score is still to be read: neighbours are pairs there.
  Value rowPointer = elementPointer(b, scores, row, zero());
  Value sums = forLoop(b, zero(), keyCount, lanes, floatConstant(b, laneType, 0.0),
                       [&](Value key, ValueRange carried) -> SmallVector<Value> {
                         Value weight =
                             normalizer.buildWeight(b, loadAligned(b, laneType, scores, {row, key}), scale, shift, fastmath);
                         if (factor == 1)
                           storeAligned(b, weight, scores, {row, key});
                         else
                           storeThroughPointer(b, narrow(b, weight, config.storage), rowPointer, key);
                         return {arith::AddFOp::create(b, carried[0], weight)};
                       })
                   .front();
  if (normalizer.usesRowSum())
    rowSum = vector::ReductionOp::create(b, vector::CombiningKind::ADD, sums, arith::FastMathFlags::reassoc);
  SmallVector<Value> updated = normalizer.buildEndStep(b, start.statistics, start.rescale, rowSum);
  for (auto [statistic, value] : llvm::enumerate(updated))
    memref::StoreOp::create(b, value, statistics, ValueRange{indexConstant(b, statistic), row});
  Value rescale = start.rescale ? start.rescale : floatConstant(b, b.getF32Type(), 1.0);
  memref::StoreOp::create(b, rescale, rescales, ValueRange{zero(), row});
}

void DecodeKernelEmitter::emitOutputs() {
  int64_t width = cast<MemRefType>(tileOutputs.getType()).getDimSize(1);
  forLoop(b, zero(), indexConstant(b, config.rows), 1, [&](Value row) {
    forLoop(b, zero(), indexConstant(b, width), lanes,
            [&](Value column) { storeAligned(b, floatConstant(b, atom.getLaneType(), 0.0), tileOutputs, {row, column}); });
  });
  // Whole rows of values, because half of each row at a time comes from memory at two thirds of the speed, and as many query
  // rows as registers then hold. The other rows find the values in L1.
  int64_t chunks = chunksOf(config.valueDim), limit = registers() * 3 / 4 / factor;
  int64_t chunkPortion = portionOf(chunks, limit);
  int64_t rowPortion = portionOf(config.rows, std::max<int64_t>(1, limit / chunkPortion));
  int64_t wholeRows = config.rows / rowPortion * rowPortion;
  auto emitBlock = [&](Value firstKey, Value endKey, bool paired) {
    for (int64_t chunk = 0; chunk < chunks; chunk += chunkPortion) {
      OutputBlock block = {
          zero(), rowPortion, chunk, std::min(chunkPortion, chunks - chunk), paired, /*prefetches=*/chunk == 0};
      emitOutputBlock(firstKey, endKey, block);
      block.prefetches = false;
      if (rowPortion < wholeRows)
        forLoop(b, indexConstant(b, rowPortion), indexConstant(b, wholeRows), rowPortion, [&](Value row) {
          block.firstRow = row;
          emitOutputBlock(firstKey, endKey, block);
        });
      block.firstRow = indexConstant(b, wholeRows);
      block.rows = config.rows - wholeRows;
      if (block.rows > 0)
        emitOutputBlock(firstKey, endKey, block);
    }
  };
  Value pairedKeys = keyCount;
  if (factor == 2)
    pairedKeys = arith::AndIOp::create(b, keyCount, indexConstant(b, ~int64_t(1)));
  // Where one pass takes all rows, nothing is read twice.
  int64_t keyBlock = rowPortion == config.rows && chunkPortion == chunks ? config.keyTile : kValueBlock;
  forLoop(b, zero(), pairedKeys, keyBlock, [&](Value firstKey) {
    emitBlock(firstKey, arith::MinUIOp::create(b, addIndex(b, firstKey, keyBlock), pairedKeys), /*paired=*/true);
  });
  // An odd last key stands alone: there is no row behind it to be read.
  if (factor == 2)
    forLoop(b, pairedKeys, keyCount, 1, [&](Value key) { emitBlock(key, addIndex(b, key, 1), /*paired=*/false); });
}

SmallVector<Value> DecodeKernelEmitter::loadValues(Value key, int64_t chunk, bool paired) {
  Value even = loadRow(values, key, chunk, config.valueDim);
  if (factor == 1)
    return {even};
  Value odd = paired ? loadRow(values, addIndex(b, key, 1), chunk, config.valueDim) : floatConstant(b, even.getType(), 0.0);
  // Interleaving within quads is one instruction; `joinAccumulators` puts the columns in order.
  SmallVector<Value> interleaved;
  for (int64_t half = 0; half < 2; ++half) {
    SmallVector<int64_t> mask;
    for (int64_t quad = 0; quad < lanes / 4; ++quad)
      for (int64_t i = 0; i < 4; ++i) {
        int64_t element = 8 * quad + 4 * half + i;
        mask.append({element, 2 * int64_t(lanes) + element});
      }
    interleaved.push_back(vector::BitCastOp::create(b, atom.getLaneType(), vector::ShuffleOp::create(b, even, odd, mask)));
  }
  return interleaved;
}

void DecodeKernelEmitter::emitOutputBlock(Value firstKey, Value endKey, const OutputBlock &block) {
  int64_t vectors = block.chunks * factor;
  auto columnOf = [&](int64_t vector) { return indexConstant(b, block.firstChunk * config.chunk() + vector * lanes); };
  SmallVector<Value> sums, weightRows;
  for (int64_t row = 0; row < block.rows; ++row) {
    weightRows.push_back(elementPointer(b, scores, addIndex(b, block.firstRow, row), zero()));
    for (int64_t vector = 0; vector < vectors; ++vector)
      sums.push_back(loadAligned(b, atom.getLaneType(), tileOutputs, {addIndex(b, block.firstRow, row), columnOf(vector)}));
  }
  Value weightBytes = indexConstant(b, 4 / factor);
  sums = forLoop(b, firstKey, endKey, factor, sums, [&](Value key, ValueRange carried) {
    if (block.prefetches)
      for (unsigned k = 0; k < factor; ++k)
        prefetchRow(values, addIndex(b, key, k), config.valueDim);
    SmallVector<Value> next(carried), weights;
    Value offset = arith::MulIOp::create(b, key, weightBytes);
    for (Value pointer : weightRows)
      weights.push_back(atom.broadcast(b, advancePointer(b, pointer, offset)));
    for (int64_t chunk = 0; chunk < block.chunks; ++chunk)
      for (auto [half, value] : llvm::enumerate(loadValues(key, block.firstChunk + chunk, block.paired)))
        for (int64_t row = 0; row < block.rows; ++row) {
          Value &sum = next[row * vectors + chunk * factor + half];
          sum = atom.multiplyAdd(b, weights[row], value, sum);
        }
    return next;
  });
  for (int64_t row = 0; row < block.rows; ++row)
    for (int64_t vector = 0; vector < vectors; ++vector)
      storeAligned(b, sums[row * vectors + vector], tileOutputs, {addIndex(b, block.firstRow, row), columnOf(vector)});
}

/// accumulators = rescale * accumulators + this tile's outputs.
void DecodeKernelEmitter::joinAccumulators() {
  VectorType laneType = atom.getLaneType();
  int64_t width = cast<MemRefType>(accumulators.getType()).getDimSize(1);
  auto join = [&](Value row, Value column, Value rescale, Value sum) {
    Value old = loadAligned(b, laneType, accumulators, {row, column});
    storeAligned(b, multiplyAddF32(b, atom.getMachine(), old, rescale, sum), accumulators, {row, column});
  };
  forLoop(b, zero(), indexConstant(b, config.rows), 1, [&](Value row) {
    Value rescale = splat(b, laneType, memref::LoadOp::create(b, rescales, ValueRange{zero(), row}));
    forLoop(b, zero(), indexConstant(b, width), config.chunk(), [&](Value column) {
      Value first = loadAligned(b, laneType, tileOutputs, {row, column});
      if (factor == 1)
        return join(row, column, rescale, first);
      // Quads of the two interleaved halves alternate.
      Value second = loadAligned(b, laneType, tileOutputs, {row, addIndex(b, column, lanes)});
      for (int64_t half = 0; half < 2; ++half) {
        SmallVector<int64_t> mask;
        for (int64_t quad = half * lanes / 8; quad < (half + 1) * lanes / 8; ++quad)
          for (int64_t i = 0; i < 8; ++i)
            mask.push_back(i < 4 ? 4 * quad + i : int64_t(lanes) + 4 * quad + i - 4);
        join(row, addIndex(b, column, half * lanes), rescale, vector::ShuffleOp::create(b, first, second, mask));
      }
    });
  });
}

func::FuncOp emitDecodeKernel(ModuleOp module, llvm::StringRef name, const DecodeKernelConfig &config,
                              NormalizerAttrInterface normalizer, ScoreHook scoreHook) {
  return DecodeKernelEmitter(module, config, normalizer, scoreHook).emit(name);
}

} // namespace mlir::attn
