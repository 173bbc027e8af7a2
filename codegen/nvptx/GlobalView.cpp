//===- GlobalView.cpp - addresses of rows in global memory ----------------===//

#include "codegen/nvptx/GlobalView.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

using namespace mlir;
using namespace mlir::attn;

Value attn::toI64(ImplicitLocOpBuilder &b, Value index) {
  return index.getType().isIndex() ? Value(arith::IndexCastOp::create(b, b.getI64Type(), index)) : index;
}

Value attn::i64Constant(ImplicitLocOpBuilder &b, int64_t value) { return arith::ConstantOp::create(b, b.getI64IntegerAttr(value)); }

GlobalView::GlobalView(ImplicitLocOpBuilder &b, QueryViewOp view) : group(view.getGroup()) {
  Value head = arith::MulIOp::create(b, view.getHead(), arith::ConstantIndexOp::create(b, group));
  bind(b, view.getSource(), {view.getBatch(), head}, view.getFirst(), view.getStep());
}

GlobalView::GlobalView(ImplicitLocOpBuilder &b, KeyViewOp view) {
  bind(b, view.getSource(), {view.getBatch(), view.getHead()}, view.getPhase(), view.getStep());
}

void GlobalView::bind(ImplicitLocOpBuilder &b, Value memory, ArrayRef<Value> indices, Value firstRow, int64_t step) {
  auto type = cast<MemRefType>(memory.getType());
  Value elementBytes = i64Constant(b, type.getElementTypeBitWidth() / 8);
  auto metadata = memref::ExtractStridedMetadataOp::create(b, memory);
  auto strideBytes = [&](unsigned dim) -> Value { return arith::MulIOp::create(b, toI64(b, metadata.getStrides()[dim]), elementBytes); };
  base = toI64(b, memref::ExtractAlignedPointerAsIndexOp::create(b, memory));
  base = arith::AddIOp::create(b, base, arith::MulIOp::create(b, toI64(b, metadata.getOffset()), elementBytes));
  for (auto [dim, index] : llvm::enumerate(indices))
    base = arith::AddIOp::create(b, base, arith::MulIOp::create(b, toI64(b, index), strideBytes(dim)));
  headStride = strideBytes(1);
  rowStride = strideBytes(2);
  base = arith::AddIOp::create(b, base, arith::MulIOp::create(b, toI64(b, firstRow), rowStride));
  rowStride = arith::MulIOp::create(b, rowStride, i64Constant(b, step));
}

Value GlobalView::getAddress(ImplicitLocOpBuilder &b, Value row) const {
  Value address = base, position = row;
  if (group > 1) {
    Value heads = i64Constant(b, group);
    position = arith::DivUIOp::create(b, row, heads);
    address = arith::AddIOp::create(b, address, arith::MulIOp::create(b, arith::RemUIOp::create(b, row, heads), headStride));
  }
  return arith::AddIOp::create(b, address, arith::MulIOp::create(b, position, rowStride));
}

Value GlobalView::isAligned(ImplicitLocOpBuilder &b, int64_t bytes) const {
  Value bits = arith::OrIOp::create(b, base, rowStride);
  if (group > 1)
    bits = arith::OrIOp::create(b, bits, headStride);
  Value rest = arith::AndIOp::create(b, bits, i64Constant(b, bytes - 1));
  return arith::CmpIOp::create(b, arith::CmpIPredicate::eq, rest, i64Constant(b, 0));
}

void attn::copyRows(ImplicitLocOpBuilder &b, const BlockThread &thread, SharedTile &tile, const GlobalView &view, Value first, Value count,
                    int64_t columns, bool isAligned) {
  GlobalRows source;
  Value start = arith::ExtSIOp::create(b, b.getI64Type(), first);
  auto address = [&](ImplicitLocOpBuilder &b, Value row) {
    return view.getAddress(b, arith::AddIOp::create(b, start, arith::ExtUIOp::create(b, b.getI64Type(), row)));
  };
  source.address = address;
  source.count = arith::SubIOp::create(b, count, first);
  source.columns = columns;
  source.stride = view.getStride();
  source.isAligned = isAligned;
  tile.copy(b, thread, source);
}
