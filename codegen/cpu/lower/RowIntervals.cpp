//===- RowIntervals.cpp - which keys of a tile each row sees --------------===//

#include "codegen/cpu/lower/RowIntervals.h"
#include "codegen/cpu/VectorEmission.h"
#include "codegen/lower/AffineEmission.h"
#include "codegen/lower/RowInterval.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace mlir::attn;

static Value integers(ImplicitLocOpBuilder &b, VectorType type, ArrayRef<int64_t> values) {
  SmallVector<Attribute> elements = llvm::map_to_vector(values, [&](int64_t value) -> Attribute {
    return b.getIntegerAttr(type.getElementType(), value);
  });
  return arith::ConstantOp::create(b, DenseElementsAttr::get(type, elements));
}

/// Half as many 64-bit lanes as of f32.
static unsigned getLanes(const CpuMachine &machine) { return machine.lanes / 2; }

MemRefType attn::getRowIntervalType(const CpuMachine &machine, int64_t rows, MLIRContext *context) {
  return MemRefType::get({roundUp(rows, getLanes(machine))}, IntegerType::get(context, 32));
}

func::FuncOp attn::emitRowIntervals(ModuleOp module, StringRef name, const CpuMachine &machine, SegmentAttr segment, int64_t group,
                                    int64_t rows, int64_t keyTile, unsigned numNumbers) {
  ImplicitLocOpBuilder b(module.getLoc(), module.getContext());
  Type index = b.getIndexType();
  auto memory = getRowIntervalType(machine, rows, b.getContext());
  SmallVector<Type> types(2 + numNumbers + 4, index);
  types.append(2, memory);
  func::FuncOp function = beginFunction(b, module, name, types);
  function.setFunctionType(b.getFunctionType(types, {index, index, b.getI1Type()}));
  auto arguments = function.getArguments();
  ValueRange numbers = arguments.slice(2, numNumbers), rest = arguments.drop_front(2 + numNumbers);
  Value firstRow = rest[0], origin = rest[1], keyBase = rest[2], extent = rest[3];

  unsigned lanes = getLanes(machine);
  auto type = VectorType::get({lanes}, b.getI64Type());
  Value leastFirst = integerConstant(b, type, keyTile), greatestFirst = integerConstant(b, type, 0);
  Value leastEnd = integerConstant(b, type, keyTile), greatestEnd = integerConstant(b, type, 0);
  for (int64_t row = 0; row < rows; row += lanes) {
    SmallVector<int64_t> lane = llvm::to_vector(llvm::seq<int64_t>(row, row + lanes));
    Value packed = arith::AddIOp::create(b, spreadInteger(b, firstRow, type), integers(b, type, lane));
    Value position = group == 1 ? packed : Value(arith::DivSIOp::create(b, packed, integerConstant(b, type, group)));
    Value x = arith::AddIOp::create(b, position, spreadInteger(b, origin, type));
    RowInterval interval =
        emitIntervalInTile(b, emitRowInterval(b, segment, type, {arguments[0], arguments[1], x}, numbers, extent), keyBase, keyTile);
    auto narrow = VectorType::get({lanes}, b.getI32Type());
    Value at = indexConstant(b, row);
    vector::StoreOp::create(b, arith::TruncIOp::create(b, narrow, interval.first), rest[4], at);
    vector::StoreOp::create(b, arith::TruncIOp::create(b, narrow, interval.end), rest[5], at);
    // Rows that see nothing do not widen the range: their first key counts as the last one there is.
    Value isEmpty = arith::CmpIOp::create(b, arith::CmpIPredicate::eq, interval.end, integerConstant(b, type, 0));
    Value start = arith::SelectOp::create(b, isEmpty, integerConstant(b, type, keyTile), interval.first);
    leastFirst = arith::MinSIOp::create(b, leastFirst, start);
    greatestFirst = arith::MaxSIOp::create(b, greatestFirst, start);
    leastEnd = arith::MinSIOp::create(b, leastEnd, interval.end);
    greatestEnd = arith::MaxSIOp::create(b, greatestEnd, interval.end);
  }
  auto reduce = [&](vector::CombiningKind kind, Value vector) -> Value {
    return arith::IndexCastOp::create(b, index, vector::ReductionOp::create(b, kind, vector));
  };
  Value end = reduce(vector::CombiningKind::MAXSI, greatestEnd);
  Value first = arith::MinSIOp::create(b, reduce(vector::CombiningKind::MINSI, leastFirst), end);
  Value fromStart = arith::CmpIOp::create(b, arith::CmpIPredicate::eq, reduce(vector::CombiningKind::MAXSI, greatestFirst), indexConstant(b, 0));
  Value toEnd = arith::CmpIOp::create(b, arith::CmpIPredicate::eq, reduce(vector::CombiningKind::MINSI, leastEnd), indexConstant(b, keyTile));
  func::ReturnOp::create(b, ValueRange{first, end, arith::AndIOp::create(b, fromStart, toEnd)});
  return function;
}
