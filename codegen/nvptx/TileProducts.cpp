//===- TileProducts.cpp - the two products of a key tile ------------------===//

#include "codegen/nvptx/TileProducts.h"
#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace mlir::attn;

RowOperands attn::loadRows(ImplicitLocOpBuilder &b, const WarpProduct &product, const FragmentShape &shape, SharedTile &rows, unsigned step) {
  RowOperands operands;
  for (unsigned block = 0; block < shape.getRowBlocks(); ++block)
    operands.push_back(product.prepare(b, rows.load(b, OperandRole::First, 16 * block, step)));
  return operands;
}

/// The two second operands, of eight columns each, that a 16 x 16 block holds.
static std::array<SmallVector<Value>, 2> loadColumns(ImplicitLocOpBuilder &b, const WarpProduct &product, SharedTile &tile, OperandRole role, int64_t row,
                                                     int64_t step) {
  SmallVector<Value> loaded = tile.load(b, role, row, step);
  ValueRange all = loaded;
  size_t half = loaded.size() / 2;
  SmallVector<Value> left = product.prepare(b, all.take_front(half)), right = product.prepare(b, all.drop_front(half));
  return {left, right};
}

RowFragments::Scores attn::multiplyKeys(ImplicitLocOpBuilder &b, const WarpProduct &product, const FragmentShape &shape,
                                        llvm::function_ref<RowOperands(unsigned)> getRows, SharedTile &keys, TileScores &start) {
  unsigned rowBlocks = shape.getRowBlocks(), keyBlocks = shape.getKeyBlocks();
  RowFragments::Scores scores(rowBlocks * keyBlocks);
  for (int64_t step = 0; step < keys.getDepthSteps(); ++step) {
    RowOperands rows = getRows(step);
    for (unsigned pair = 0; pair < keyBlocks / 2; ++pair) {
      std::array<SmallVector<Value>, 2> columns = loadColumns(b, product, keys, OperandRole::SecondByColumns, 16 * pair, step);
      for (unsigned block = 0; block < rowBlocks; ++block)
        for (unsigned half = 0; half < 2; ++half) {
          unsigned number = block * keyBlocks + 2 * pair + half;
          ResultFragment &result = scores[number];
          // Right before its first product, so that what it starts from does not occupy registers any longer.
          if (step == 0)
            result = start.start(number);
          result = product.multiplyAdd(b, rows[block], columns[half], result);
        }
    }
  }
  return scores;
}

void attn::addProducts(ImplicitLocOpBuilder &b, const WarpProduct &product, const FragmentShape &shape, const RowFragments::Scores &weights,
                       SharedTile &values, RowFragments::State &state) {
  unsigned rowBlocks = shape.getRowBlocks(), keyBlocks = shape.getKeyBlocks(), valueBlocks = shape.getValueBlocks();
  for (unsigned step = 0; step < keyBlocks / 2; ++step) {
    SmallVector<SmallVector<Value>> lhs;
    for (unsigned block = 0; block < rowBlocks; ++block) {
      const ResultFragment *pair = &weights[block * keyBlocks + 2 * step];
      lhs.push_back(product.roundToOperand(b, pair[0], pair[1]));
    }
    for (unsigned pair = 0; pair < valueBlocks / 2; ++pair) {
      std::array<SmallVector<Value>, 2> columns = loadColumns(b, product, values, OperandRole::SecondByDepth, 16 * step, pair);
      for (unsigned block = 0; block < rowBlocks; ++block)
        for (unsigned half = 0; half < 2; ++half) {
          ResultFragment &result = state.accumulators[block * valueBlocks + 2 * pair + half];
          result = product.multiplyAdd(b, lhs[block], columns[half], result);
        }
    }
  }
}
