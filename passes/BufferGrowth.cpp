//===- BufferGrowth.cpp - how a size depends on lengths -------------------===//

#include "passes/BufferGrowth.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/SmallPtrSet.h"

using namespace mlir;
using namespace mlir::attn;

namespace {
/// Values that are known to be at most a constant.
using BoundedValues = llvm::SmallPtrSet<Value, 4>;
} // namespace

/// More than any caller accepts.
static constexpr unsigned kUnknownDegree = 2;

static unsigned getDegree(Value value, const BoundedValues &bounded);

static bool isConstant(Value value) { return matchPattern(value, m_Constant()); }

/// Adds what is bounded by a constant where `condition` holds.
static void collectBounded(Value condition, BoundedValues &bounded) {
  if (auto both = condition.getDefiningOp<arith::AndIOp>()) {
    collectBounded(both.getLhs(), bounded);
    collectBounded(both.getRhs(), bounded);
    return;
  }
  auto compare = condition.getDefiningOp<arith::CmpIOp>();
  if (!compare)
    return;
  using Predicate = arith::CmpIPredicate;
  bool isUpper = llvm::is_contained({Predicate::slt, Predicate::sle, Predicate::ult, Predicate::ule, Predicate::eq},
                                    compare.getPredicate());
  if (isUpper && isConstant(compare.getRhs()))
    bounded.insert(compare.getLhs());
}

/// The batch dimension comes first; everything else that is dynamic runs along a sequence.
static unsigned getDimDegree(memref::DimOp dim) {
  std::optional<int64_t> index = dim.getConstantIndex();
  if (!index || *index < 0)
    return 1;
  auto type = cast<ShapedType>(dim.getSource().getType());
  if (!type.hasRank() || *index >= type.getRank())
    return kUnknownDegree;
  if (!type.isDynamicDim(*index))
    return 0;
  return *index == 0 ? 0 : 1;
}

static unsigned getDegree(Value value, const BoundedValues &bounded) {
  if (bounded.contains(value) || isConstant(value))
    return 0;
  Operation *op = value.getDefiningOp();
  if (!op)
    return 1;
  auto operand = [&](unsigned number) { return getDegree(op->getOperand(number), bounded); };
  if (auto dim = dyn_cast<memref::DimOp>(op))
    return getDimDegree(dim);
  if (isa<arith::MulIOp>(op))
    return operand(0) + operand(1);
  if (isa<arith::AddIOp, arith::SubIOp, arith::MaxSIOp, arith::MaxUIOp>(op))
    return std::max(operand(0), operand(1));
  if (isa<arith::MinSIOp, arith::MinUIOp>(op))
    return std::min(operand(0), operand(1));
  if (isa<arith::CeilDivSIOp, arith::CeilDivUIOp, arith::FloorDivSIOp, arith::DivSIOp, arith::DivUIOp, arith::IndexCastOp>(op))
    return operand(0);
  if (auto select = dyn_cast<arith::SelectOp>(op)) {
    BoundedValues inside = bounded;
    collectBounded(select.getCondition(), inside);
    return std::max(getDegree(select.getTrueValue(), inside), operand(2));
  }
  if (isa<memref::LoadOp>(op))
    return 1;
  // Of other operations nothing is known.
  return kUnknownDegree;
}

unsigned attn::countSequenceLengths(Value size) { return getDegree(size, {}); }
