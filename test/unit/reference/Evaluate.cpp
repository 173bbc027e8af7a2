//===- Evaluate.cpp - running descriptions in unit tests ------------------===//

#include "Evaluate.h"
#include "codegen/FloatFormats.h"
#include "dialect/AttnDialect.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Parser/Parser.h"
#include "llvm/Support/raw_ostream.h"

#include <cmath>

using namespace mlir;
using namespace mlir::attn;
using namespace mlir::attn::reference;

ReferenceTest::ReferenceTest() : builder(&context), f32(builder.getF32Type()) {
  context.loadDialect<AttnDialect, arith::ArithDialect, func::FuncDialect, math::MathDialect, tensor::TensorDialect>();
}

Array ReferenceTest::wave(ArrayRef<int64_t> shape, double phase, double amplitude, Type type) {
  Array array(type ? type : f32, shape);
  for (size_t n = 0; n < array.elements.size(); ++n)
    array.elements[n] = roundToType(std::sin(0.7 * double(n) + phase) * amplitude, cast<FloatType>(array.elementType));
  return array;
}

Array ReferenceTest::query(const Sizes &s, Type type) {
  return wave({s.batches, s.heads, s.queries, s.keyDim}, 0.1, std::sqrt(2.0), type);
}
Array ReferenceTest::key(const Sizes &s, Type type) {
  return wave({s.batches, s.keyHeads, s.keys, s.keyDim}, 1.3, std::sqrt(2.0), type);
}
Array ReferenceTest::value(const Sizes &s, Type type) {
  return wave({s.batches, s.keyHeads, s.keys, s.valueDim}, 2.9, 1.0, type);
}

Array ReferenceTest::integers(ArrayRef<int64_t> numbers) {
  Array array(builder.getI32Type(), {int64_t(numbers.size())});
  llvm::copy(numbers, array.elements.begin());
  return array;
}

Array ReferenceTest::index(int64_t number) { return Array::scalar(builder.getIndexType(), number); }
Array ReferenceTest::number(double number) { return Array::scalar(f32, number); }

FailureOr<SmallVector<Array>> ReferenceTest::evaluateText(StringRef text, ArrayRef<Array> arguments, const Options &options) {
  messages.clear();
  ScopedDiagnosticHandler handler(&context, [&](Diagnostic &diagnostic) { messages += diagnostic.str() + "\n"; });
  module = parseSourceString<ModuleOp>(text, &context);
  if (!module)
    return failure();
  return evaluate(cast<func::FuncOp>(module->getBody()->back()), arguments, options);
}

SmallVector<Array> ReferenceTest::run(StringRef text, ArrayRef<Array> arguments, const Options &options) {
  FailureOr<SmallVector<Array>> results = evaluateText(text, arguments, options);
  if (succeeded(results))
    return *results;
  ADD_FAILURE() << messages << text.str();
  return SmallVector<Array>(3, Array(f32, {0}));
}

std::string ReferenceTest::runWrong(StringRef text, ArrayRef<Array> arguments) {
  EXPECT_TRUE(failed(evaluateText(text, arguments, {})));
  return messages;
}

std::string ReferenceTest::describe(const Sizes &s, StringRef clauses, StringRef arguments, StringRef type) {
  std::string text;
  llvm::raw_string_ostream stream(text);
  auto alias = [&](StringRef name, int64_t heads, int64_t dim) {
    stream << "!" << name << " = tensor<?x" << heads << "x?x" << dim << "x" << type << ">\n";
  };
  alias("q", s.heads, s.keyDim);
  alias("k", s.keyHeads, s.keyDim);
  alias("v", s.keyHeads, s.valueDim);
  alias("o", s.heads, s.valueDim);
  stream << "!l = tensor<?x" << s.heads << "x?xf32>\n";
  stream << "func.func @f(%q: !q, %k: !k, %v: !v" << (arguments.empty() ? "" : ", ") << arguments << ") -> (!o, !l, !l) {\n"
         << "  %o, %l, %m = attn.attention %q, %k, %v " << clauses << " : !q, !k, !v -> !o, lse : !l, row_max : !l\n"
         << "  return %o, %l, %m : !o, !l, !l\n}\n";
  return text;
}

Attended ReferenceTest::attend(const Sizes &sizes, StringRef clauses, StringRef arguments, ArrayRef<Array> values,
                               const Options &options) {
  SmallVector<Array> operands = {query(sizes), key(sizes), value(sizes)};
  llvm::append_range(operands, values);
  SmallVector<Array> results = run(describe(sizes, clauses, arguments), operands, options);
  return {results[0], results[1], results[2]};
}

/// One row of the oracle: a dense row of scores, a mask, a softmax.
static void attendRow(ArrayRef<double> scores, const Array &v, int64_t b, int64_t head, double *output, double &lse,
                      double &rowMax) {
  rowMax = -INFINITY;
  for (double score : scores)
    rowMax = std::max(rowMax, score);
  double sum = 0.0;
  for (double score : scores)
    sum += score == -INFINITY ? 0.0 : std::exp(score - rowMax);
  lse = sum == 0.0 ? -INFINITY : rowMax + std::log(sum);
  for (int64_t e = 0; e < v.size(3); ++e)
    for (size_t j = 0; j < scores.size(); ++j)
      output[e] += scores[j] == -INFINITY ? 0.0 : std::exp(scores[j] - lse) * v.at({b, head, int64_t(j), e});
}

Attended ReferenceTest::attendDensely(const Sizes &s, const Predicate &keep) {
  Array q = query(s), k = key(s), v = value(s);
  Attended result = {Array(f32, {s.batches, s.heads, s.queries, s.valueDim}), Array(f32, {s.batches, s.heads, s.queries}),
                     Array()};
  result.rowMax = result.lse;
  for (int64_t b = 0; b < s.batches; ++b)
    for (int64_t h = 0; h < s.heads; ++h)
      for (int64_t r = 0; r < s.queries; ++r) {
        int64_t head = h * s.keyHeads / s.heads;
        std::vector<double> scores(s.keys, -INFINITY);
        for (int64_t j = 0; j < s.keys; ++j) {
          double dot = 0.0;
          for (int64_t d = 0; d < s.keyDim; ++d)
            dot += q.at({b, h, r, d}) * k.at({b, head, j, d});
          if (keep(b, h, r + s.keys - s.queries, j))
            scores[j] = dot / std::sqrt(double(s.keyDim));
        }
        attendRow(scores, v, b, head, result.output.row(b, h, r), result.lse.at({b, h, r}), result.rowMax.at({b, h, r}));
      }
  return result;
}

void ReferenceTest::expectNear(const Array &actual, const Array &expected, double tolerance) {
  ASSERT_EQ(actual.shape, expected.shape);
  for (size_t n = 0; n < actual.elements.size(); ++n) {
    double x = actual.elements[n], y = expected.elements[n];
    bool same = x == y || (std::isnan(x) && std::isnan(y)) || std::fabs(x - y) <= tolerance * std::max(1.0, std::fabs(y));
    ASSERT_TRUE(same) << "element " << n << ": expected " << y << ", got " << x;
  }
}

void ReferenceTest::expectNear(const Attended &actual, const Attended &expected, double tolerance) {
  expectNear(actual.output, expected.output, tolerance);
  expectNear(actual.lse, expected.lse, tolerance);
  expectNear(actual.rowMax, expected.rowMax, tolerance);
}
