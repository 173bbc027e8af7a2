//===- Evaluate.h - running descriptions in unit tests ----------*- C++ -*-===//

#ifndef ATTN_TEST_UNIT_REFERENCE_EVALUATE_H
#define ATTN_TEST_UNIT_REFERENCE_EVALUATE_H

#include "codegen/reference/Interpreter.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"
#include "gtest/gtest.h"

#include <functional>

namespace mlir::attn::reference {

/// Sizes of one attention.
struct Sizes {
  int64_t batches, heads, keyHeads, queries, keys, keyDim, valueDim;
};

/// Whether query row at position i of head h sees key j.
using Predicate = std::function<bool(int64_t b, int64_t h, int64_t i, int64_t j)>;

/// o, lse and row_max.
struct Attended {
  Array output, lse, rowMax;
};

class ReferenceTest : public testing::Test {
protected:
  ReferenceTest();

  /// sin(0.7 n + phase) * amplitude at flat index n, rounded to the type (f32 if none is given).
  Array wave(ArrayRef<int64_t> shape, double phase, double amplitude = 1.0, Type type = {});
  Array query(const Sizes &sizes, Type type = {});
  Array key(const Sizes &sizes, Type type = {});
  Array value(const Sizes &sizes, Type type = {});
  Array integers(ArrayRef<int64_t> numbers);
  Array index(int64_t number);
  Array number(double number);

  /// Evaluates the last function of `text`; a failure is a failure of the test.
  SmallVector<Array> run(StringRef text, ArrayRef<Array> arguments, const Options &options = {});
  /// The errors of parsing or evaluating.
  std::string runWrong(StringRef text, ArrayRef<Array> arguments);

  /// A function of q, k, v and further arguments ("%w: index") that returns o, lse and row_max of one attention with these
  /// clauses.
  static std::string describe(const Sizes &sizes, StringRef clauses, StringRef arguments = "", StringRef type = "f32");
  /// Evaluates that function on query(), key(), value() and further values.
  Attended attend(const Sizes &sizes, StringRef clauses, StringRef arguments = "", ArrayRef<Array> values = {},
                  const Options &options = {});

  /// Softmax attention over a dense matrix of kept pairs; row r of a head has position r + keys - queries.
  Attended attendDensely(const Sizes &sizes, const Predicate &keep);

  void expectNear(const Array &actual, const Array &expected, double tolerance = 1e-12);
  void expectNear(const Attended &actual, const Attended &expected, double tolerance = 1e-12);

  MLIRContext context;
  Builder builder;
  Type f32;

private:
  FailureOr<SmallVector<Array>> evaluateText(StringRef text, ArrayRef<Array> arguments, const Options &options);
  OwningOpRef<ModuleOp> module;
  std::string messages;
};

} // namespace mlir::attn::reference

#endif // ATTN_TEST_UNIT_REFERENCE_EVALUATE_H
