//===- Verify.cpp - comparison with the interpreter -----------------------===//

#include "tools/attn-run/Verify.h"
#include "codegen/Check.h"
#include "codegen/reference/Interpreter.h"
#include "dialect/AttnOps.h"
#include "mlir/IR/TypeUtilities.h"
#include "tools/attn-run/Kernel.h"
#include "tools/common/Description.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/raw_ostream.h"

#include <random>
#include <set>
#include <thread>

using namespace mlir;
using namespace mlir::attn;

//===----------------------------------------------------------------------===//
// Rows to compare
//===----------------------------------------------------------------------===//

/// Multiplications of the interpreter that take some seconds.
static constexpr double kAffordableWork = 2e9;
/// Rows that are compared at least, whatever they cost.
static constexpr int64_t kFewestRows = 16;

static int64_t getSize(const Signature &signature, ArrayRef<int64_t> sizes, Value tensor, unsigned dim) {
  return signature.shapes.values.lookup(tensor)[dim].evaluate(sizes);
}

/// Multiplications for one query row of all batches and heads of an attention; masks are not counted out, because the
/// interpreter asks about every pair.
static double countRowWork(AttentionOp op, const Signature &signature, ArrayRef<int64_t> sizes) {
  double heads = double(getSize(signature, sizes, op.getQuery(), 0)) * double(getSize(signature, sizes, op.getQuery(), 1));
  int64_t dims = getSize(signature, sizes, op.getQuery(), 3) + getSize(signature, sizes, op.getValue(), 3);
  return heads * double(getSize(signature, sizes, op.getKey(), 2)) * double(dims);
}

/// A sample of query rows, ends included, if all are too many; else none.
static SmallVector<int64_t> chooseSample(func::FuncOp function, const Signature &signature, ArrayRef<int64_t> sizes,
                                         uint64_t seed) {
  int64_t queries = 0;
  double rowWork = 0.0;
  for (auto op : function.getOps<AttentionOp>()) {
    queries = std::max(queries, getSize(signature, sizes, op.getQuery(), 2));
    rowWork += countRowWork(op, signature, sizes);
  }
  int64_t affordable = std::max<int64_t>(kFewestRows, kAffordableWork / std::max(rowWork, 1.0));
  if (queries <= affordable)
    return {};
  std::set<int64_t> rows = {0, 1, queries / 2, queries - 2, queries - 1};
  std::mt19937_64 generator(seed);
  while (int64_t(rows.size()) < affordable)
    rows.insert(generator() % queries);
  return llvm::to_vector(rows);
}

/// The elements of the chosen rows of a [b, h, row, ...] tensor; all if none are chosen.
template <typename GetElement>
static std::vector<double> gatherRows(ArrayRef<int64_t> shape, ArrayRef<int64_t> rows, GetElement getElement) {
  std::vector<double> elements;
  int64_t count = reference::countElements(shape);
  if (rows.empty() || shape.size() < 3) {
    for (int64_t n = 0; n < count; ++n)
      elements.push_back(getElement(n));
    return elements;
  }
  int64_t rowSize = reference::countElements(shape.drop_front(3));
  for (int64_t head = 0; head < shape[0] * shape[1]; ++head)
    for (int64_t row : rows)
      for (int64_t n = 0; n < rowSize && row < shape[2]; ++n)
        elements.push_back(getElement((head * shape[2] + row) * rowSize + n));
  return elements;
}

//===----------------------------------------------------------------------===//
// Verdicts
//===----------------------------------------------------------------------===//

static Precision getPrecision(func::FuncOp function) {
  SmallVector<Type> types;
  for (TypeRange range : {TypeRange(function.getArgumentTypes()), TypeRange(function.getResultTypes())})
    for (Type type : range)
      if (isa<FloatType>(getElementTypeOrSelf(type)))
        types.push_back(getElementTypeOrSelf(type));
  // Products of numbers that are rounded more than their types say.
  function.walk([&](AttentionOp op) {
    if (op.getPrecision() == ProductPrecision::TF32)
      types.push_back(FloatTF32Type::get(op.getContext()));
  });
  return Precision::of(types);
}

static void printMeasure(StringRef name, const Measure &measure) {
  llvm::outs() << name << llvm::format(" %.2e (plain %.2e, bound %.2e)", measure.error, measure.plainError, measure.bound);
}

static void printVerdict(const Parameter &parameter, const CheckResult &result, int64_t sampled) {
  llvm::outs() << "check " << parameter.name << ": ";
  if (!parameter.isRowStatistic) {
    printMeasure("relative error", result.relative);
    llvm::outs() << ", ";
  }
  printMeasure("largest error", result.largest);
  if (sampled)
    llvm::outs() << ", " << sampled << " query rows compared";
  llvm::outs() << (result.holds() ? ": ok" : ": FAILED, " + result.problem) << "\n";
}

LogicalResult attn::verifyResults(func::FuncOp function, const Signature &signature, const Arguments &arguments,
                                  ArrayRef<HostTensor> results, unsigned threads, uint64_t seed) {
  reference::Options options;
  options.threads = threads ? threads : std::max(1u, std::thread::hardware_concurrency());
  options.rows = chooseSample(function, signature, arguments.sizes, seed);
  SmallVector<reference::Array> arrays = toArrays(function, arguments);
  FailureOr<SmallVector<reference::Array>> exact = reference::evaluate(function, arrays, options);
  options.arithmetic = reference::Arithmetic::Plain;
  FailureOr<SmallVector<reference::Array>> plain = reference::evaluate(function, arrays, options);
  if (failed(exact) || failed(plain))
    return failure();

  Precision precision = getPrecision(function);
  bool holds = true;
  for (size_t index = 0; index < results.size(); ++index) {
    const Parameter &parameter = signature.results[index];
    const HostTensor &tensor = results[index];
    auto gather = [&](auto getElement) { return gatherRows(tensor.getShape(), options.rows, getElement); };
    std::vector<double> got = gather([&](int64_t n) { return tensor.load(n); });
    std::vector<double> expected = gather([&](int64_t n) { return (*exact)[index].elements[n]; });
    std::vector<double> yardstick = gather([&](int64_t n) { return (*plain)[index].elements[n]; });
    CheckResult result = parameter.isRowStatistic ? checkStatistic(got, expected, yardstick, precision)
                                                  : checkOutput(got, expected, yardstick, precision);
    printVerdict(parameter, result, options.rows.size());
    holds &= result.holds();
  }
  return success(holds);
}
