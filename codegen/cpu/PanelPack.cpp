//===- PanelPack.cpp - queries into a panel -------------------------------===//

#include "codegen/cpu/PanelPack.h"

#include "codegen/cpu/PackedRows.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

namespace mlir::attn {

/// `count` elements of a row as the 32-bit lanes of packed operands.
static Value loadRowLanes(ImplicitLocOpBuilder &b, const MatrixAtom &atom, Type storage, Value view, PackedRow row,
                          Value column, unsigned count) {
  unsigned elements = atom.getMachine().lanes * atom.getPackFactor();
  Value loaded = loadPartial(b, storage, count, elements, view, {row.head, row.position, column});
  if (atom.getPackFactor() == 1)
    return widen(b, loaded);
  return vector::BitCastOp::create(b, atom.getLaneType(), loaded);
}

func::FuncOp emitQueryPack(ModuleOp module, llvm::StringRef name, const PanelKernelConfig &config, Type storage,
                           int64_t group) {
  ImplicitLocOpBuilder b(module.getLoc(), module.getContext());
  const MatrixAtom &atom = config.atom;
  int64_t lanes = atom.getMachine().lanes;
  Type index = b.getIndexType();
  func::FuncOp function = beginFunction(b, module, name, {stridedView(3, storage), config.queryPanelType(), index, index});
  Value queries = function.getArgument(0), panel = function.getArgument(1);
  Value firstRow = function.getArgument(2), rowCount = function.getArgument(3);
  Value lastRow = arith::SubIOp::create(b, rowCount, indexConstant(b, 1));
  VectorType laneIndices = vectorOf(lanes, b.getI32Type());
  Value laneNumbers = arith::ConstantOp::create(b, b.getI32VectorAttr(llvm::to_vector(llvm::seq<int32_t>(0, lanes))));
  Value zero = floatConstant(b, atom.getLaneType(), 0.0);

  forLoop(b, indexConstant(b, 0), indexConstant(b, config.rows()), lanes, [&](Value firstLane) {
    // Missing rows read the last one instead of memory that is not theirs, and are cleared after the transpose.
    SmallVector<PackedRow> rows;
    for (int64_t lane = 0; lane < lanes; ++lane) {
      Value present = arith::MinUIOp::create(b, addIndex(b, firstLane, lane), lastRow);
      rows.push_back(locatePackedRow(b, addIndex(b, firstRow, present), group));
    }
    Value laneCount = arith::IndexCastOp::create(b, b.getI32Type(), arith::SubIOp::create(b, rowCount, firstLane));
    Value isPresent = arith::CmpIOp::create(b, arith::CmpIPredicate::slt, laneNumbers, splat(b, laneIndices, laneCount));
    int64_t factor = atom.getPackFactor();
    forChunks(b, config.keyDim, lanes * factor, /*unrollLimit=*/1, [&](Value column, int64_t count) {
      SmallVector<Value> loaded;
      for (PackedRow row : rows)
        loaded.push_back(loadRowLanes(b, atom, storage, queries, row, column, count));
      Value firstStep = factor == 1 ? column : Value(arith::ShRUIOp::create(b, column, indexConstant(b, 1)));
      SmallVector<Value> columns = transposeLanes(b, loaded);
      columns.resize(atom.getSteps(count));
      for (auto [step, value] : llvm::enumerate(columns))
        storeAligned(b, arith::SelectOp::create(b, isPresent, value, zero), panel, {addIndex(b, firstStep, step), firstLane});
    });
  });
  func::ReturnOp::create(b);
  return function;
}

} // namespace mlir::attn
