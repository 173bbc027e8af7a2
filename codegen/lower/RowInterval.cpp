//===- RowInterval.cpp - which keys of a tile a row sees ------------------===//

#include "codegen/lower/RowInterval.h"
#include "codegen/lower/AffineEmission.h"
#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace mlir::attn;

RowInterval attn::emitRowInterval(ImplicitLocOpBuilder &b, SegmentAttr segment, Type type, ValueRange dims, ValueRange symbols, Value keyBase,
                                  Value extent, int64_t keyTile) {
  Value zero = integerConstant(b, type, 0), whole = integerConstant(b, type, keyTile);
  Value base = spreadInteger(b, keyBase, type);
  Value lower = zero, upper = arith::SubIOp::create(b, spreadInteger(b, extent, type), base);
  for (AffineExpr bound : segment.getLower().getResults()) {
    Value value = emitAffine(b, bound, type, dims, symbols);
    lower = arith::MaxSIOp::create(b, lower, arith::SubIOp::create(b, value, base));
  }
  for (AffineExpr bound : segment.getUpper().getResults()) {
    Value value = emitAffine(b, bound, type, dims, symbols);
    upper = arith::MinSIOp::create(b, upper, arith::SubIOp::create(b, value, base));
  }
  if (AffineMap when = segment.getWhen())
    for (AffineExpr condition : when.getResults()) {
      Value holds = arith::CmpIOp::create(b, arith::CmpIPredicate::sge, emitAffine(b, condition, type, dims, symbols), zero);
      upper = arith::SelectOp::create(b, holds, upper, zero);
    }
  // An empty interval becomes [0, 0) and says nothing about the range of the others.
  upper = arith::MinSIOp::create(b, upper, whole);
  Value isEmpty = arith::CmpIOp::create(b, arith::CmpIPredicate::sge, lower, upper);
  return {arith::SelectOp::create(b, isEmpty, zero, lower), arith::SelectOp::create(b, isEmpty, zero, upper)};
}
