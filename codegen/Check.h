//===- Check.h - is a result right ------------------------------*- C++ -*-===//
//
// The error rule of the numerics policy. A kernel's result is compared with the float64 reference on the rounded inputs, and
// its error with that of the plain algorithm in the same type:
//
//   ||x - ref|| / ||ref|| <= 1.5 e0 + floor        and        max|x - ref| <= 2 e0max + 10 floor max|ref|
//
// where e0 and e0max are the same measures of the plain result. Where the plain result keeps the bounds known from practice,
// the kernel's must, too. NaN must meet NaN and infinities must be equal.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_CODEGEN_CHECK_H
#define ATTN_CODEGEN_CHECK_H

#include "mlir/IR/Types.h"

#include <string>

namespace mlir::attn {

/// One measure of an error with what it is judged by.
struct Measure {
  double error = 0.0;
  double plainError = 0.0;
  double bound = 0.0;
  bool holds() const { return error <= bound; }
};

/// The verdict on one result.
struct CheckResult {
  /// Relative L2 error; not used for row statistics.
  Measure relative;
  /// Largest absolute error.
  Measure largest;
  /// Position of the largest error, or of the first NaN or infinity that has no counterpart; -1 if there are no elements.
  int64_t worst = -1;
  double actual = 0.0;
  double expected = 0.0;
  /// What is wrong, for people; empty if nothing.
  std::string problem;

  bool holds() const { return problem.empty(); }
};

/// Which bounds apply: the coarser of the element types that the computation reads and writes.
struct Precision {
  double floor;
  double relativeLimit;
  double largestLimit;
  double statisticLimit;
  static Precision of(ArrayRef<Type> elementTypes);
};

/// Judges an output tensor. All three hold the same elements in the same order.
CheckResult checkOutput(ArrayRef<double> actual, ArrayRef<double> reference, ArrayRef<double> plain,
                        const Precision &precision);

/// Judges row statistics (lse, row_max), whose error is absolute: what the floor and the plain algorithm's error allow, at
/// least the bound known from practice.
CheckResult checkStatistic(ArrayRef<double> actual, ArrayRef<double> reference, ArrayRef<double> plain,
                           const Precision &precision);

} // namespace mlir::attn

#endif // ATTN_CODEGEN_CHECK_H
