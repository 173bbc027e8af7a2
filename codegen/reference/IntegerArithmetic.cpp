//===- IntegerArithmetic.cpp - arith on integers --------------------------===//
//
// Results wrap around at the width of their type. A division by zero, which has no defined result, gives 0.
//
//===----------------------------------------------------------------------===//

#include "codegen/reference/ScalarFunctions.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/TypeUtilities.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mlir::attn;
using namespace mlir::attn::reference;

using IntegerFunction = std::function<int64_t(int64_t, int64_t)>;
using UnsignedFunction = std::function<uint64_t(uint64_t, uint64_t)>;

/// Bits of an integer or index type; 0 for others.
static unsigned getWidth(Type type) {
  Type element = getElementTypeOrSelf(type);
  return element.isIndex() ? 64 : element.isInteger() ? element.getIntOrFloatBitWidth() : 0;
}

/// The signed number that a stored one stands for: a stored 1 of type i1 is -1.
static int64_t toSigned(double stored, unsigned width) { return width == 1 ? -int64_t(stored) : int64_t(stored); }
static uint64_t toUnsigned(double stored, unsigned width) {
  return uint64_t(int64_t(stored)) & llvm::maskTrailingOnes<uint64_t>(width);
}
static double toStored(uint64_t bits, unsigned width) {
  return width == 1 ? double(bits & 1) : double(llvm::SignExtend64(bits, width));
}

static ScalarFunction onSigned(Operation *op, IntegerFunction function) {
  unsigned width = getWidth(op->getOperand(0).getType()), resultWidth = getWidth(op->getResult(0).getType());
  return [=](const double *x) { return toStored(function(toSigned(x[0], width), toSigned(x[1], width)), resultWidth); };
}

static ScalarFunction onUnsigned(Operation *op, UnsignedFunction function) {
  unsigned width = getWidth(op->getOperand(0).getType()), resultWidth = getWidth(op->getResult(0).getType());
  return [=](const double *x) { return toStored(function(toUnsigned(x[0], width), toUnsigned(x[1], width)), resultWidth); };
}

static bool canDivide(int64_t a, int64_t b) { return b != 0 && !(a == INT64_MIN && b == -1); }

static ScalarFunction getComparison(arith::CmpIOp op) {
  using Predicate = arith::CmpIPredicate;
  switch (op.getPredicate()) {
  case Predicate::eq:
    return onUnsigned(op, [](uint64_t a, uint64_t b) { return a == b; });
  case Predicate::ne:
    return onUnsigned(op, [](uint64_t a, uint64_t b) { return a != b; });
  case Predicate::slt:
    return onSigned(op, [](int64_t a, int64_t b) { return a < b; });
  case Predicate::sle:
    return onSigned(op, [](int64_t a, int64_t b) { return a <= b; });
  case Predicate::sgt:
    return onSigned(op, [](int64_t a, int64_t b) { return a > b; });
  case Predicate::sge:
    return onSigned(op, [](int64_t a, int64_t b) { return a >= b; });
  case Predicate::ult:
    return onUnsigned(op, [](uint64_t a, uint64_t b) { return a < b; });
  case Predicate::ule:
    return onUnsigned(op, [](uint64_t a, uint64_t b) { return a <= b; });
  case Predicate::ugt:
    return onUnsigned(op, [](uint64_t a, uint64_t b) { return a > b; });
  case Predicate::uge:
    return onUnsigned(op, [](uint64_t a, uint64_t b) { return a >= b; });
  }
  return {};
}

static ScalarFunction getDivision(Operation *op) {
  if (isa<arith::DivSIOp>(op))
    return onSigned(op, [](int64_t a, int64_t b) { return canDivide(a, b) ? a / b : 0; });
  if (isa<arith::RemSIOp>(op))
    return onSigned(op, [](int64_t a, int64_t b) { return canDivide(a, b) ? a % b : 0; });
  if (isa<arith::FloorDivSIOp>(op))
    return onSigned(op, [](int64_t a, int64_t b) { return canDivide(a, b) ? llvm::divideFloorSigned(a, b) : 0; });
  if (isa<arith::CeilDivSIOp>(op))
    return onSigned(op, [](int64_t a, int64_t b) { return canDivide(a, b) ? llvm::divideCeilSigned(a, b) : 0; });
  if (isa<arith::DivUIOp>(op))
    return onUnsigned(op, [](uint64_t a, uint64_t b) { return b ? a / b : 0; });
  if (isa<arith::RemUIOp>(op))
    return onUnsigned(op, [](uint64_t a, uint64_t b) { return b ? a % b : 0; });
  if (isa<arith::CeilDivUIOp>(op))
    return onUnsigned(op, [](uint64_t a, uint64_t b) { return b ? llvm::divideCeil(a, b) : 0; });
  return {};
}

static ScalarFunction getBitOperation(Operation *op) {
  if (isa<arith::AndIOp>(op))
    return onUnsigned(op, [](uint64_t a, uint64_t b) { return a & b; });
  if (isa<arith::OrIOp>(op))
    return onUnsigned(op, [](uint64_t a, uint64_t b) { return a | b; });
  if (isa<arith::XOrIOp>(op))
    return onUnsigned(op, [](uint64_t a, uint64_t b) { return a ^ b; });
  if (isa<arith::ShLIOp>(op))
    return onUnsigned(op, [](uint64_t a, uint64_t b) { return b < 64 ? a << b : 0; });
  if (isa<arith::ShRUIOp>(op))
    return onUnsigned(op, [](uint64_t a, uint64_t b) { return b < 64 ? a >> b : 0; });
  if (isa<arith::ShRSIOp>(op))
    return onSigned(op, [](int64_t a, int64_t b) { return a >> std::clamp<int64_t>(b, 0, 63); });
  return {};
}

ScalarFunction reference::getIntegerArithmetic(Operation *op) {
  if (isa<arith::AddIOp>(op))
    return onUnsigned(op, [](uint64_t a, uint64_t b) { return a + b; });
  if (isa<arith::SubIOp>(op))
    return onUnsigned(op, [](uint64_t a, uint64_t b) { return a - b; });
  if (isa<arith::MulIOp>(op))
    return onUnsigned(op, [](uint64_t a, uint64_t b) { return a * b; });
  if (isa<arith::MaxSIOp>(op))
    return onSigned(op, [](int64_t a, int64_t b) { return std::max(a, b); });
  if (isa<arith::MinSIOp>(op))
    return onSigned(op, [](int64_t a, int64_t b) { return std::min(a, b); });
  if (isa<arith::MaxUIOp>(op))
    return onUnsigned(op, [](uint64_t a, uint64_t b) { return std::max(a, b); });
  if (isa<arith::MinUIOp>(op))
    return onUnsigned(op, [](uint64_t a, uint64_t b) { return std::min(a, b); });
  if (auto compare = dyn_cast<arith::CmpIOp>(op))
    return getComparison(compare);
  if (ScalarFunction division = getDivision(op))
    return division;
  return getBitOperation(op);
}

/// A float cut to an integer, towards zero; what no integer can hold gives 0.
static ScalarFunction fromFloat(Operation *op) {
  unsigned width = getWidth(op->getResult(0).getType());
  return [width](const double *x) { return std::abs(x[0]) < 9.2e18 ? toStored(int64_t(x[0]), width) : 0.0; };
}

ScalarFunction reference::getConversion(Operation *op) {
  if (isa<arith::ExtFOp, arith::TruncFOp>(op))
    return [](const double *x) { return x[0]; };
  if (isa<arith::FPToSIOp, arith::FPToUIOp>(op))
    return fromFloat(op);
  unsigned width = op->getNumOperands() ? getWidth(op->getOperand(0).getType()) : 0;
  unsigned resultWidth = getWidth(op->getResult(0).getType());
  if (isa<arith::SIToFPOp>(op))
    return [width](const double *x) { return double(toSigned(x[0], width)); };
  if (isa<arith::UIToFPOp>(op))
    return [width](const double *x) { return double(toUnsigned(x[0], width)); };
  if (isa<arith::ExtSIOp, arith::IndexCastOp, arith::TruncIOp>(op))
    return [=](const double *x) { return toStored(toSigned(x[0], width), resultWidth); };
  if (isa<arith::ExtUIOp, arith::IndexCastUIOp>(op))
    return [=](const double *x) { return toStored(toUnsigned(x[0], width), resultWidth); };
  return {};
}
