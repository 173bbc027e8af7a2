//===- FloatArithmetic.cpp - arith on floats ------------------------------===//

#include "codegen/reference/ScalarFunctions.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include <cmath>

using namespace mlir;
using namespace mlir::attn;
using namespace mlir::attn::reference;

static ScalarFunction getComparison(arith::CmpFPredicate predicate) {
  using Predicate = arith::CmpFPredicate;
  switch (predicate) {
  case Predicate::AlwaysFalse:
    return [](const double *) { return 0.0; };
  case Predicate::OEQ:
    return [](const double *x) -> double { return x[0] == x[1]; };
  case Predicate::OGT:
    return [](const double *x) -> double { return x[0] > x[1]; };
  case Predicate::OGE:
    return [](const double *x) -> double { return x[0] >= x[1]; };
  case Predicate::OLT:
    return [](const double *x) -> double { return x[0] < x[1]; };
  case Predicate::OLE:
    return [](const double *x) -> double { return x[0] <= x[1]; };
  case Predicate::ONE:
    return [](const double *x) -> double { return x[0] < x[1] || x[0] > x[1]; };
  case Predicate::ORD:
    return [](const double *x) -> double { return !std::isnan(x[0]) && !std::isnan(x[1]); };
  case Predicate::UEQ:
    return [](const double *x) -> double { return !(x[0] < x[1] || x[0] > x[1]); };
  case Predicate::UGT:
    return [](const double *x) -> double { return !(x[0] <= x[1]); };
  case Predicate::UGE:
    return [](const double *x) -> double { return !(x[0] < x[1]); };
  case Predicate::ULT:
    return [](const double *x) -> double { return !(x[0] >= x[1]); };
  case Predicate::ULE:
    return [](const double *x) -> double { return !(x[0] > x[1]); };
  case Predicate::UNE:
    return [](const double *x) -> double { return x[0] != x[1]; };
  case Predicate::UNO:
    return [](const double *x) -> double { return std::isnan(x[0]) || std::isnan(x[1]); };
  case Predicate::AlwaysTrue:
    return [](const double *) { return 1.0; };
  }
  return {};
}

/// NaN if one is; -0 counts as smaller than +0.
static double maximum(double a, double b) {
  if (std::isnan(a) || std::isnan(b))
    return std::nan("");
  return a == b ? (std::signbit(a) ? b : a) : std::max(a, b);
}

ScalarFunction reference::getFloatArithmetic(Operation *op) {
  if (isa<arith::AddFOp>(op))
    return [](const double *x) { return x[0] + x[1]; };
  if (isa<arith::SubFOp>(op))
    return [](const double *x) { return x[0] - x[1]; };
  if (isa<arith::MulFOp>(op))
    return [](const double *x) { return x[0] * x[1]; };
  if (isa<arith::DivFOp>(op))
    return [](const double *x) { return x[0] / x[1]; };
  if (isa<arith::RemFOp>(op))
    return [](const double *x) { return std::fmod(x[0], x[1]); };
  if (isa<arith::NegFOp>(op))
    return [](const double *x) { return -x[0]; };
  if (isa<arith::MaximumFOp>(op))
    return [](const double *x) { return maximum(x[0], x[1]); };
  if (isa<arith::MinimumFOp>(op))
    return [](const double *x) { return -maximum(-x[0], -x[1]); };
  if (isa<arith::MaxNumFOp>(op))
    return [](const double *x) { return std::fmax(x[0], x[1]); };
  if (isa<arith::MinNumFOp>(op))
    return [](const double *x) { return std::fmin(x[0], x[1]); };
  if (isa<arith::SelectOp>(op))
    return [](const double *x) { return x[0] != 0.0 ? x[1] : x[2]; };
  if (auto compare = dyn_cast<arith::CmpFOp>(op))
    return getComparison(compare.getPredicate());
  return {};
}
