//===- MathFunctions.cpp - the math dialect on numbers --------------------===//

#include "codegen/reference/ScalarFunctions.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "llvm/ADT/TypeSwitch.h"
#include <cmath>

using namespace mlir;
using namespace mlir::attn;
using namespace mlir::attn::reference;

using Unary = double (*)(double);

/// To the nearest integer, halves to the even one, whatever the rounding mode.
static double roundEven(double x) { return std::isfinite(x) ? x - std::remainder(x, 1.0) : x; }
static double reciprocalSqrt(double x) { return 1.0 / std::sqrt(x); }

static Unary getElementary(Operation *op) {
  return llvm::TypeSwitch<Operation *, Unary>(op)
      .Case([](math::AbsFOp) -> Unary { return std::fabs; })
      .Case([](math::CbrtOp) -> Unary { return std::cbrt; })
      .Case([](math::CeilOp) -> Unary { return std::ceil; })
      .Case([](math::ErfOp) -> Unary { return std::erf; })
      .Case([](math::ErfcOp) -> Unary { return std::erfc; })
      .Case([](math::ExpOp) -> Unary { return std::exp; })
      .Case([](math::Exp2Op) -> Unary { return std::exp2; })
      .Case([](math::ExpM1Op) -> Unary { return std::expm1; })
      .Case([](math::FloorOp) -> Unary { return std::floor; })
      .Case([](math::LogOp) -> Unary { return std::log; })
      .Case([](math::Log10Op) -> Unary { return std::log10; })
      .Case([](math::Log1pOp) -> Unary { return std::log1p; })
      .Case([](math::Log2Op) -> Unary { return std::log2; })
      .Case([](math::RoundOp) -> Unary { return std::round; })
      .Case([](math::RoundEvenOp) -> Unary { return roundEven; })
      .Case([](math::RsqrtOp) -> Unary { return reciprocalSqrt; })
      .Case([](math::SqrtOp) -> Unary { return std::sqrt; })
      .Case([](math::TruncOp) -> Unary { return std::trunc; })
      .Default([](Operation *) { return nullptr; });
}

static Unary getTrigonometric(Operation *op) {
  return llvm::TypeSwitch<Operation *, Unary>(op)
      .Case([](math::AcosOp) -> Unary { return std::acos; })
      .Case([](math::AcoshOp) -> Unary { return std::acosh; })
      .Case([](math::AsinOp) -> Unary { return std::asin; })
      .Case([](math::AsinhOp) -> Unary { return std::asinh; })
      .Case([](math::AtanOp) -> Unary { return std::atan; })
      .Case([](math::AtanhOp) -> Unary { return std::atanh; })
      .Case([](math::CosOp) -> Unary { return std::cos; })
      .Case([](math::CoshOp) -> Unary { return std::cosh; })
      .Case([](math::SinOp) -> Unary { return std::sin; })
      .Case([](math::SinhOp) -> Unary { return std::sinh; })
      .Case([](math::TanOp) -> Unary { return std::tan; })
      .Case([](math::TanhOp) -> Unary { return std::tanh; })
      .Default([](Operation *) { return nullptr; });
}

static ScalarFunction getTest(Operation *op) {
  if (isa<math::IsFiniteOp>(op))
    return [](const double *x) -> double { return std::isfinite(x[0]); };
  if (isa<math::IsInfOp>(op))
    return [](const double *x) -> double { return std::isinf(x[0]); };
  if (isa<math::IsNaNOp>(op))
    return [](const double *x) -> double { return std::isnan(x[0]); };
  return {};
}

ScalarFunction reference::getMathFunction(Operation *op) {
  for (auto find : {getElementary, getTrigonometric})
    if (Unary function = find(op))
      return [function](const double *x) { return function(x[0]); };
  if (isa<math::AbsIOp>(op))
    return [](const double *x) { return std::fabs(x[0]); };
  if (isa<math::Atan2Op>(op))
    return [](const double *x) { return std::atan2(x[0], x[1]); };
  if (isa<math::ClampFOp>(op))
    return [](const double *x) { return std::isnan(x[0]) ? x[0] : std::fmin(std::fmax(x[0], x[1]), x[2]); };
  if (isa<math::CopySignOp>(op))
    return [](const double *x) { return std::copysign(x[0], x[1]); };
  if (isa<math::FmaOp>(op))
    return [](const double *x) { return std::fma(x[0], x[1], x[2]); };
  if (isa<math::PowFOp, math::FPowIOp>(op))
    return [](const double *x) { return std::pow(x[0], x[1]); };
  return getTest(op);
}
