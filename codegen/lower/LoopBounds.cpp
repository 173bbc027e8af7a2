//===- LoopBounds.cpp - key tiles that a row tile visits ------------------===//

#include "codegen/lower/LoopBounds.h"
#include "mlir/Dialect/Affine/Utils.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "passes/analysis/SegmentAttributes.h"
#include "passes/analysis/TileBounds.h"

using namespace mlir;
using namespace mlir::attn;

static Value indexConstant(ImplicitLocOpBuilder &b, int64_t value) { return arith::ConstantIndexOp::create(b, value); }

/// max or min of affine bounds, clamped to `start`.
template <typename OpT>
static Value foldBounds(ImplicitLocOpBuilder &b, Value start, ArrayRef<AffineExpr> bounds, ValueRange dims, ValueRange symbols) {
  for (AffineExpr bound : bounds)
    start = OpT::create(b, start, affine::expandAffineExpr(b, b.getLoc(), bound, dims, symbols));
  return start;
}

static Value holdAll(ImplicitLocOpBuilder &b, ArrayRef<AffineExpr> conditions, ValueRange dims, ValueRange symbols) {
  Value result = arith::ConstantOp::create(b, b.getBoolAttr(true));
  for (AffineExpr condition : conditions) {
    Value value = affine::expandAffineExpr(b, b.getLoc(), condition, dims, symbols);
    Value holds = arith::CmpIOp::create(b, arith::CmpIPredicate::sge, value, indexConstant(b, 0));
    result = arith::AndIOp::create(b, result, holds);
  }
  return result;
}

FailureOr<LoopBounds> attn::lowerBounds(ImplicitLocOpBuilder &b, BoundsOp op) {
  auto rows = op.getRows().getDefiningOp<QueryViewOp>();
  auto keys = op.getKeys().getDefiningOp<KeyViewOp>();
  if (!rows || !keys)
    return op.emitOpError("expected views of queries and keys");
  TileBounds bounds = getTileBounds(getSegment(op.getSegment()), rows.getStep(), op.getNumbers().size(), op.getContext());
  Value zero = indexConstant(b, 0), tile = indexConstant(b, op.getKeyTileSize());
  Value group = indexConstant(b, rows.getGroup());
  Value packedRows = arith::MulIOp::create(b, rows.getCount(), group);
  Value firstRow = arith::MulIOp::create(b, op.getRowTile(), indexConstant(b, op.getRowTileSize()));
  Value endRow = arith::MinSIOp::create(b, packedRows, arith::AddIOp::create(b, firstRow, indexConstant(b, op.getRowTileSize())));
  Value isEmpty = arith::CmpIOp::create(b, arith::CmpIPredicate::sge, firstRow, endRow);
  auto position = [&](Value row) -> Value {
    return arith::AddIOp::create(b, arith::DivSIOp::create(b, row, group), rows.getOrigin());
  };
  Value lastRow = arith::MaxSIOp::create(b, arith::SubIOp::create(b, endRow, indexConstant(b, 1)), zero);
  SmallVector<Value> dims = {op.getBatch(), op.getHead(), position(firstRow), position(lastRow)};
  ValueRange symbols = op.getNumbers();

  Value extent = keys.getCount();
  Value lower = foldBounds<arith::MaxSIOp>(b, zero, bounds.hull.lower, dims, symbols);
  Value upper = foldBounds<arith::MinSIOp>(b, extent, bounds.hull.upper, dims, symbols);
  Value isVisible = arith::AndIOp::create(b, holdAll(b, bounds.hull.conditions, dims, symbols),
                                          arith::CmpIOp::create(b, arith::CmpIPredicate::slt, lower, upper));
  isVisible = arith::AndIOp::create(b, isVisible, arith::XOrIOp::create(b, isEmpty, arith::ConstantOp::create(b, b.getBoolAttr(true))));
  upper = arith::SelectOp::create(b, isVisible, upper, zero);
  lower = arith::SelectOp::create(b, isVisible, lower, zero);
  Value lo = arith::DivUIOp::create(b, lower, tile), hi = arith::CeilDivUIOp::create(b, upper, tile);
  if (op.getChunkBegin()) {
    lo = arith::MaxSIOp::create(b, lo, arith::DivUIOp::create(b, op.getChunkBegin(), tile));
    hi = arith::MinSIOp::create(b, hi, arith::DivUIOp::create(b, op.getChunkEnd(), tile));
    hi = arith::MaxSIOp::create(b, lo, hi);
  }
  Value ulo = hi, uhi = hi;
  if (bounds.interior) {
    Value freeLower = foldBounds<arith::MaxSIOp>(b, zero, bounds.interior->lower, dims, symbols);
    Value freeUpper = foldBounds<arith::MinSIOp>(b, extent, bounds.interior->upper, dims, symbols);
    freeUpper = arith::MaxSIOp::create(b, freeUpper, zero);
    freeUpper = arith::SelectOp::create(b, holdAll(b, bounds.interior->conditions, dims, symbols), freeUpper, zero);
    // Clamped to [lo, hi], so that guarded tiles lie on both sides.
    ulo = arith::MinSIOp::create(b, arith::MaxSIOp::create(b, arith::CeilDivUIOp::create(b, freeLower, tile), lo), hi);
    uhi = arith::MinSIOp::create(b, arith::MaxSIOp::create(b, arith::DivUIOp::create(b, freeUpper, tile), ulo), hi);
  }
  op.replaceAllUsesWith(ValueRange{lo, ulo, uhi, hi});
  b.setInsertionPointAfter(op);
  op.erase();
  return LoopBounds{lo, ulo, uhi, hi};
}
