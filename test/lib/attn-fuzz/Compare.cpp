//===- Compare.cpp - results against the interpreter ----------------------===//

#include "test/lib/attn-fuzz/Compare.h"
#include "codegen/Check.h"
#include "codegen/reference/Interpreter.h"
#include "mlir/IR/TypeUtilities.h"

using namespace mlir;
using namespace mlir::attn;
using namespace mlir::attn::fuzz;

static SmallVector<reference::Array> toArrays(func::FuncOp function, const std::vector<ArgumentValue> &arguments) {
  SmallVector<reference::Array> arrays;
  for (auto [value, type] : llvm::zip_equal(arguments, function.getArgumentTypes())) {
    if (!value.tensor) {
      arrays.push_back(reference::Array::scalar(type, value.number));
      continue;
    }
    reference::Array array(getElementTypeOrSelf(type), value.tensor->getShape());
    for (int64_t n = 0, e = value.tensor->getNumElements(); n < e; ++n)
      array.elements[n] = value.tensor->load(n);
    arrays.push_back(std::move(array));
  }
  return arrays;
}

/// Extreme inputs are judged by the rule alone: the bounds from practice are for normal numbers.
static Precision getPrecision(func::FuncOp function, const Run &run) {
  SmallVector<Type> types;
  for (Type type : llvm::concat<const Type>(function.getArgumentTypes(), function.getResultTypes()))
    if (isa<RankedTensorType>(type) && isa<FloatType>(getElementTypeOrSelf(type)))
      types.push_back(getElementTypeOrSelf(type));
  Precision precision = Precision::of(types);
  if (run.values == Values::Peaked || run.values == Values::Large)
    precision.relativeLimit = precision.largestLimit = 0.0;
  return precision;
}

/// The first row of the output that is exactly zero in the reference and not in the result; -1 if none.
static int64_t findFilledEmptyRow(ArrayRef<double> actual, ArrayRef<double> reference, int64_t rowSize) {
  for (int64_t row = 0; row * rowSize < int64_t(actual.size()); ++row) {
    auto isZero = [](double x) { return x == 0.0; };
    if (llvm::all_of(reference.slice(row * rowSize, rowSize), isZero) && !llvm::all_of(actual.slice(row * rowSize, rowSize), isZero))
      return row;
  }
  return -1;
}

static std::string describePlace(const std::string &name, ArrayRef<int64_t> shape, int64_t index) {
  std::string text;
  for (size_t dim = shape.size(); dim-- > 0; index /= std::max<int64_t>(shape[dim], 1))
    text = std::to_string(index % std::max<int64_t>(shape[dim], 1)) + (text.empty() ? "" : ", ") + text;
  return name + "[" + text + "]";
}

/// Draws of the plain algorithm's roundings where a single one may be luck: where scores are so large that their rounding decides the weights,
/// and where the results are few.
static constexpr int64_t kDraws = 64;
static constexpr size_t kFewNumbers = 64;

static int64_t countDraws(const Run &run, const std::vector<Buffer> &results) {
  bool isSmall = llvm::all_of(results, [](const Buffer &result) { return size_t(result.getNumElements()) <= kFewNumbers; });
  return run.values == Values::Large || isSmall ? kDraws : 1;
}

/// What is wrong with the results, judged by one evaluation of the plain algorithm; empty if nothing.
static std::string judge(func::FuncOp function, const Case &test, const Run &run, ArrayRef<reference::Array> exact, ArrayRef<reference::Array> plain,
                         const std::vector<Buffer> &results) {
  std::vector<Slot> slots = getResults(test, run);
  for (size_t index = 0; index < results.size(); ++index) {
    std::vector<double> actual(results[index].getNumElements());
    for (size_t n = 0; n < actual.size(); ++n)
      actual[n] = results[index].load(n);
    ArrayRef<double> expected = exact[index].elements, yardstick = plain[index].elements;
    bool isOutput = slots[index].shape.size() == 4;
    CheckResult check = isOutput ? checkOutput(actual, expected, yardstick, getPrecision(function, run))
                                 : checkStatistic(actual, expected, yardstick, getPrecision(function, run));
    if (!check.holds())
      return describePlace(slots[index].name, slots[index].shape, check.worst) + ": " + check.problem;
    if (int64_t row = isOutput ? findFilledEmptyRow(actual, expected, test.valueDim) : -1; row >= 0)
      return describePlace(slots[index].name, slots[index].shape, row * test.valueDim) + ": expected exactly 0 in an empty row";
  }
  return {};
}

std::string mlir::attn::fuzz::compareResults(func::FuncOp function, const Case &test, const Run &run,
                                             const std::vector<ArgumentValue> &arguments, const std::vector<Buffer> &results) {
  SmallVector<reference::Array> arrays = toArrays(function, arguments);
  reference::Options options;
  FailureOr<SmallVector<reference::Array>> exact = reference::evaluate(function, arrays, options);
  if (failed(exact))
    return "the interpreter fails";
  options.arithmetic = reference::Arithmetic::Plain;
  std::string problem;
  for (int64_t draw = 0; draw < countDraws(run, results); ++draw) {
    options.draw = draw;
    FailureOr<SmallVector<reference::Array>> plain = reference::evaluate(function, arrays, options);
    if (failed(plain))
      return "the interpreter fails";
    std::string found = judge(function, test, run, *exact, *plain, results);
    if (found.empty())
      return {};
    if (problem.empty())
      problem = found;
  }
  return problem;
}
