//===- TileProducts.cpp - the two products of a key tile ------------------===//

#include "codegen/nvptx/TileProducts.h"
#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace mlir::attn;

RowOperands attn::loadRows(ImplicitLocOpBuilder &b, const FragmentShape &shape, SharedTile &rows, unsigned step) {
  RowOperands operands;
  for (unsigned block = 0; block < shape.getRowBlocks(); ++block)
    operands.push_back(rows.load(b, MatrixOrder::RowsFirst, 16 * block, step, /*transpose=*/false));
  return operands;
}

RowFragments::Scores attn::multiplyKeys(ImplicitLocOpBuilder &b, Type element, const FragmentShape &shape,
                                        llvm::function_ref<RowOperands(unsigned)> getRows, SharedTile &keys, TileScores &start) {
  unsigned rowBlocks = shape.getRowBlocks(), keyBlocks = shape.getKeyBlocks();
  RowFragments::Scores scores(rowBlocks * keyBlocks);
  for (int64_t step = 0; step < keys.getDepthSteps(); ++step) {
    RowOperands rows = getRows(step);
    for (unsigned pair = 0; pair < keyBlocks / 2; ++pair) {
      SmallVector<Value> loaded = keys.load(b, MatrixOrder::ColumnsFirst, 16 * pair, step, /*transpose=*/false);
      for (unsigned block = 0; block < rowBlocks; ++block)
        for (unsigned half = 0; half < 2; ++half) {
          unsigned number = block * keyBlocks + 2 * pair + half;
          ResultFragment &result = scores[number];
          // Right before its first product, so that what it starts from does not occupy registers any longer.
          if (step == 0)
            result = start.start(number);
          result = multiplyAdd(b, element, rows[block], ValueRange(loaded).slice(2 * half, 2), result);
        }
    }
  }
  return scores;
}

void attn::addProducts(ImplicitLocOpBuilder &b, Type element, const FragmentShape &shape, const RowFragments::Scores &weights, SharedTile &values,
                       RowFragments::State &state) {
  unsigned rowBlocks = shape.getRowBlocks(), keyBlocks = shape.getKeyBlocks(), valueBlocks = shape.getValueBlocks();
  for (unsigned step = 0; step < keyBlocks / 2; ++step) {
    SmallVector<SmallVector<Value>> lhs;
    for (unsigned block = 0; block < rowBlocks; ++block) {
      const ResultFragment *pair = &weights[block * keyBlocks + 2 * step];
      lhs.push_back(roundToOperand(b, element, pair[0], pair[1]));
    }
    for (unsigned columns = 0; columns < valueBlocks / 2; ++columns) {
      SmallVector<Value> loaded = values.load(b, MatrixOrder::RowsFirst, 16 * step, columns, /*transpose=*/true);
      for (unsigned block = 0; block < rowBlocks; ++block)
        for (unsigned half = 0; half < 2; ++half) {
          ResultFragment &result = state.accumulators[block * valueBlocks + 2 * columns + half];
          result = multiplyAdd(b, element, lhs[block], ValueRange(loaded).slice(2 * half, 2), result);
        }
    }
  }
}
