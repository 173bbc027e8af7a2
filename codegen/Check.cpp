//===- Check.cpp - is a result right --------------------------------------===//

#include "codegen/Check.h"
#include "mlir/IR/BuiltinTypes.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/raw_ostream.h"
#include <cmath>

using namespace mlir;
using namespace mlir::attn;

//===----------------------------------------------------------------------===//
// Bounds
//===----------------------------------------------------------------------===//

static constexpr Precision kDouble = {1e-13, 1e-12, 1e-11, 1e-12};

static Precision getPrecision(Type type) {
  if (type.isBF16())
    return {2e-4, 5e-3, 3e-2, 2e-3};
  if (type.isF16())
    return {1e-4, 1e-3, 5e-3, 2e-3};
  if (type.isTF32())
    return {2e-4, 1e-3, 5e-3, 2e-3};
  if (type.isF32())
    return {1e-6, 2e-6, 1e-5, 1e-5};
  return kDouble;
}

Precision Precision::of(ArrayRef<Type> elementTypes) {
  Precision coarsest = kDouble;
  for (Type type : elementTypes) {
    Precision precision = getPrecision(type);
    if (precision.relativeLimit > coarsest.relativeLimit)
      coarsest = precision;
  }
  return coarsest;
}

//===----------------------------------------------------------------------===//
// Measures
//===----------------------------------------------------------------------===//

namespace {
/// Sums over the finite elements.
struct Sums {
  double squaredError = 0.0, squaredPlainError = 0.0, squaredReference = 0.0;
  double largestError = 0.0, largestPlainError = 0.0, largestReference = 0.0;
};
} // namespace

static void markWorst(CheckResult &result, int64_t index, double actual, double expected) {
  result.worst = index;
  result.actual = actual;
  result.expected = expected;
}

/// Whether a number that is not finite, here or in one of the others, is as it must be. Where only the type's range is too
/// small, the plain algorithm overflows, too, and an overflow or a number is right.
static bool isSpecialRight(double actual, double reference, double plain) {
  if (std::isnan(reference))
    return std::isnan(actual);
  if (std::isinf(reference))
    return actual == reference;
  return !std::isfinite(plain) && (std::isfinite(actual) || actual == plain || (std::isnan(plain) && std::isnan(actual)));
}

/// Adds up errors; hands back false at the first wrong NaN or infinity.
static bool addUp(ArrayRef<double> actual, ArrayRef<double> reference, ArrayRef<double> plain, Sums &sums,
                  CheckResult &result) {
  for (size_t n = 0; n < actual.size(); ++n) {
    if (!std::isfinite(actual[n]) || !std::isfinite(reference[n]) || !std::isfinite(plain[n])) {
      if (isSpecialRight(actual[n], reference[n], plain[n]))
        continue;
      markWorst(result, n, actual[n], reference[n]);
      return false;
    }
    double error = std::fabs(actual[n] - reference[n]), plainError = std::fabs(plain[n] - reference[n]);
    if (error > sums.largestError || result.worst < 0)
      markWorst(result, n, actual[n], reference[n]);
    sums.squaredError += error * error;
    sums.squaredPlainError += plainError * plainError;
    sums.squaredReference += reference[n] * reference[n];
    sums.largestError = std::max(sums.largestError, error);
    sums.largestPlainError = std::max(sums.largestPlainError, plainError);
    sums.largestReference = std::max(sums.largestReference, std::fabs(reference[n]));
  }
  return true;
}

/// ||error|| / ||reference||; without a reference, any error is infinite.
static double relativeError(double squaredError, double squaredReference) {
  if (squaredError == 0.0)
    return 0.0;
  return squaredReference == 0.0 ? std::numeric_limits<double>::infinity() : std::sqrt(squaredError / squaredReference);
}

/// The rule binds; the limit from practice counts where the plain algorithm keeps it.
static double tighten(double rule, double plainError, double limit) {
  return plainError <= limit ? std::min(rule, limit) : rule;
}

//===----------------------------------------------------------------------===//
// Verdicts
//===----------------------------------------------------------------------===//

static void describeSpecial(CheckResult &result) {
  llvm::raw_string_ostream(result.problem) << "expected " << result.expected << ", but got " << result.actual << " at element "
                                           << result.worst;
}

static void describeError(CheckResult &result, StringRef what, const Measure &measure) {
  if (measure.holds() || !result.problem.empty())
    return;
  llvm::raw_string_ostream(result.problem) << "expected the " << what << " error to be at most "
                                           << llvm::format("%.3g", measure.bound) << ", but got "
                                           << llvm::format("%.3g", measure.error) << " (element " << result.worst
                                           << ": expected " << llvm::format("%.9g", result.expected) << ", got "
                                           << llvm::format("%.9g", result.actual) << ")";
}

CheckResult attn::checkOutput(ArrayRef<double> actual, ArrayRef<double> reference, ArrayRef<double> plain,
                              const Precision &precision) {
  CheckResult result;
  Sums sums;
  if (!addUp(actual, reference, plain, sums, result)) {
    describeSpecial(result);
    return result;
  }
  result.relative.error = relativeError(sums.squaredError, sums.squaredReference);
  result.relative.plainError = relativeError(sums.squaredPlainError, sums.squaredReference);
  result.relative.bound =
      tighten(1.5 * result.relative.plainError + precision.floor, result.relative.plainError, precision.relativeLimit);
  // The limit from practice is for outputs of size 1.
  double largestLimit = precision.largestLimit * std::max(1.0, sums.largestReference);
  result.largest = {sums.largestError, sums.largestPlainError,
                    tighten(2.0 * sums.largestPlainError + 10.0 * precision.floor * sums.largestReference,
                            sums.largestPlainError, largestLimit)};
  describeError(result, "relative", result.relative);
  describeError(result, "largest", result.largest);
  return result;
}

CheckResult attn::checkStatistic(ArrayRef<double> actual, ArrayRef<double> reference, ArrayRef<double> plain,
                                 const Precision &precision) {
  CheckResult result;
  Sums sums;
  if (!addUp(actual, reference, plain, sums, result)) {
    describeSpecial(result);
    return result;
  }
  double rule = 2.0 * sums.largestPlainError + precision.floor * sums.largestReference;
  result.largest = {sums.largestError, sums.largestPlainError, std::max(rule, precision.statisticLimit)};
  describeError(result, "absolute", result.largest);
  return result;
}
