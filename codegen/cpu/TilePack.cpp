//===- TilePack.cpp - key and value tiles in the kernels' layout ----------===//

#include "codegen/cpu/TilePack.h"

#include "codegen/cpu/PackedRows.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

namespace mlir::attn {

static constexpr int64_t kUnrolledVectors = 8;

MemRefType packedRowsType(const MatrixAtom &atom, int64_t columns, int64_t keyTile) {
  return denseMatrix(keyTile, roundUp(columns, atom.getPackFactor()), atom.getOperandType());
}

MemRefType packedValuesType(const MatrixAtom &atom, int64_t columns, int64_t keyTile) {
  int64_t factor = atom.getPackFactor();
  return denseMatrix(keyTile / factor, columns * factor, atom.getOperandType());
}

/// Elements that one register takes in while rows are packed.
static int64_t chunkOf(const MatrixAtom &atom) { return atom.getMachine().lanes * atom.getPackFactor(); }

static func::FuncOp beginPack(ImplicitLocOpBuilder &b, ModuleOp module, llvm::StringRef name, Type storage, MemRefType packed) {
  return beginFunction(b, module, name, {stridedView(2, storage), packed, b.getIndexType(), b.getIndexType()});
}

static void zeroRows(ImplicitLocOpBuilder &b, Value packed, Value first, Value end, int64_t chunk) {
  auto type = cast<MemRefType>(packed.getType());
  forLoop(b, first, end, 1, [&](Value row) {
    forChunks(b, type.getDimSize(1), chunk, kUnrolledVectors, [&](Value column, int64_t count) {
      Value zero = floatConstant(b, vectorOf(count, type.getElementType()), 0.0);
      vector::StoreOp::create(b, zero, packed, ValueRange{row, column});
    });
  });
}

func::FuncOp emitRowPack(ModuleOp module, llvm::StringRef name, const MatrixAtom &atom, Type storage, int64_t columns,
                         int64_t keyTile) {
  ImplicitLocOpBuilder b(module.getLoc(), module.getContext());
  MemRefType packedType = packedRowsType(atom, columns, keyTile);
  func::FuncOp function = beginPack(b, module, name, storage, packedType);
  Value source = function.getArgument(0), packed = function.getArgument(1);
  int64_t chunk = chunkOf(atom);
  forLoop(b, indexConstant(b, 0), function.getArgument(2), 1, [&](Value row) {
    forChunks(b, columns, chunk, kUnrolledVectors, [&](Value column, int64_t count) {
      // An odd last element of pairs takes a zero along.
      unsigned padded = roundUp(count, atom.getPackFactor());
      Value loaded = loadPartial(b, storage, count, padded, source, {row, column});
      Value operand = atom.getPackFactor() == 1 ? widen(b, loaded) : loaded;
      vector::StoreOp::create(b, operand, packed, ValueRange{row, column});
    });
  });
  zeroRows(b, packed, function.getArgument(2), function.getArgument(3), chunk);
  func::ReturnOp::create(b);
  return function;
}

/// Stores the elements of two rows side by side.
static void storePairs(ImplicitLocOpBuilder &b, Value even, Value odd, int64_t count, Value packed, Value pairRow,
                       Value column) {
  int64_t width = cast<VectorType>(even.getType()).getNumElements(), half = width / 2;
  Value packedColumn = arith::MulIOp::create(b, column, indexConstant(b, 2));
  for (int64_t part = 0; part < 2 && part * half < count; ++part) {
    SmallVector<int64_t> interleave;
    for (int64_t i = part * half; i < (part + 1) * half; ++i)
      interleave.append({i, width + i});
    storePartial(b, vector::ShuffleOp::create(b, even, odd, interleave), std::min(width, 2 * count - part * width), packed,
                 {pairRow, addIndex(b, packedColumn, part * width)});
  }
}

func::FuncOp emitValuePack(ModuleOp module, llvm::StringRef name, const MatrixAtom &atom, Type storage, int64_t columns,
                           int64_t keyTile) {
  if (atom.getPackFactor() == 1)
    return emitRowPack(module, name, atom, storage, columns, keyTile);
  ImplicitLocOpBuilder b(module.getLoc(), module.getContext());
  func::FuncOp function = beginPack(b, module, name, storage, packedValuesType(atom, columns, keyTile));
  Value source = function.getArgument(0), packed = function.getArgument(1);
  int64_t chunk = chunkOf(atom);
  auto packPair = [&](Value pairRow, bool oddIsPresent) {
    Value row = arith::ShLIOp::create(b, pairRow, indexConstant(b, 1));
    forChunks(b, columns, chunk, kUnrolledVectors, [&](Value column, int64_t count) {
      Value even = loadPartial(b, storage, count, chunk, source, {row, column});
      Value odd = oddIsPresent ? loadPartial(b, storage, count, chunk, source, {addIndex(b, row, 1), column})
                               : floatConstant(b, vectorOf(chunk, storage), 0.0);
      storePairs(b, even, odd, count, packed, pairRow, column);
    });
  };
  auto halfOf = [&](Value rows) { return arith::ShRUIOp::create(b, rows, indexConstant(b, 1)); };
  Value count = function.getArgument(2), rows = function.getArgument(3);
  Value wholePairs = halfOf(count), startedPairs = halfOf(addIndex(b, count, 1));
  forLoop(b, indexConstant(b, 0), wholePairs, 1, [&](Value pairRow) { packPair(pairRow, true); });
  forLoop(b, wholePairs, startedPairs, 1, [&](Value pairRow) { packPair(pairRow, false); });
  zeroRows(b, packed, startedPairs, halfOf(rows), chunk);
  func::ReturnOp::create(b);
  return function;
}

Value emitTileView(ImplicitLocOpBuilder &b, func::FuncOp pack, Value source, Value packed, Value count, Value rows,
                   bool naturalRows) {
  Type sourceElement = cast<MemRefType>(source.getType()).getElementType();
  auto packedType = cast<MemRefType>(packed.getType());
  MemRefType view = stridedView(2, packedType.getElementType());
  auto copy = [&]() -> Value {
    func::CallOp::create(b, pack, ValueRange{source, packed, count, rows});
    return memref::CastOp::create(b, view, packed);
  };
  if (sourceElement != packedType.getElementType() || !(sourceElement.isF32() || naturalRows))
    return copy();
  // Rows up to 1 KiB apart are as good as adjacent ones.
  int64_t closeRows = 1024 / (sourceElement.getIntOrFloatBitWidth() / 8);
  Value stride = memref::ExtractStridedMetadataOp::create(b, source).getStrides()[0];
  Value limit = indexConstant(b, std::max(closeRows, packedType.getDimSize(1)));
  Value isClose = arith::CmpIOp::create(b, arith::CmpIPredicate::sle, stride, limit);
  Value isWhole = arith::CmpIOp::create(b, arith::CmpIPredicate::sge, count, rows);
  auto choice = scf::IfOp::create(b, view, arith::AndIOp::create(b, isClose, isWhole), /*withElseRegion=*/true);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(choice.thenBlock());
  scf::YieldOp::create(b, source);
  b.setInsertionPointToStart(choice.elseBlock());
  scf::YieldOp::create(b, copy());
  return choice.getResult(0);
}

} // namespace mlir::attn
