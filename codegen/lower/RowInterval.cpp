//===- RowInterval.cpp - which keys of a tile a row sees ------------------===//

#include "codegen/lower/RowInterval.h"
#include "codegen/lower/AffineEmission.h"
#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace mlir::attn;

RowInterval attn::emitRowInterval(ImplicitLocOpBuilder &b, SegmentAttr segment, Type type, ValueRange dims, ValueRange symbols, Value extent) {
  Value zero = integerConstant(b, type, 0), lower = zero, upper = spreadInteger(b, extent, type);
  for (AffineExpr bound : segment.getLower().getResults())
    lower = arith::MaxSIOp::create(b, lower, emitAffine(b, bound, type, dims, symbols));
  for (AffineExpr bound : segment.getUpper().getResults())
    upper = arith::MinSIOp::create(b, upper, emitAffine(b, bound, type, dims, symbols));
  if (AffineMap when = segment.getWhen())
    for (AffineExpr condition : when.getResults()) {
      Value holds = arith::CmpIOp::create(b, arith::CmpIPredicate::sge, emitAffine(b, condition, type, dims, symbols), zero);
      upper = arith::SelectOp::create(b, holds, upper, zero);
    }
  return {lower, upper};
}

RowInterval attn::emitIntervalInTile(ImplicitLocOpBuilder &b, const RowInterval &interval, Value keyBase, int64_t keyTile) {
  Type type = interval.first.getType();
  Value zero = integerConstant(b, type, 0), base = spreadInteger(b, keyBase, type);
  Value lower = arith::MaxSIOp::create(b, arith::SubIOp::create(b, interval.first, base), zero);
  Value upper = arith::MinSIOp::create(b, arith::SubIOp::create(b, interval.end, base), integerConstant(b, type, keyTile));
  // An empty interval becomes [0, 0) and says nothing about the range of the others.
  Value isEmpty = arith::CmpIOp::create(b, arith::CmpIPredicate::sge, lower, upper);
  return {arith::SelectOp::create(b, isEmpty, zero, lower), arith::SelectOp::create(b, isEmpty, zero, upper)};
}
