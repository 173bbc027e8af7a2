//===- Arguments.cpp - values for the arguments of a function -------------===//

#include "tools/attn-run/Arguments.h"
#include "dialect/AttnOps.h"
#include "tools/attn-run/Npy.h"
#include "tools/common/Description.h"
#include "llvm/ADT/StringExtras.h"

#include <cmath>

using namespace mlir;
using namespace mlir::attn;

//===----------------------------------------------------------------------===//
// Rules
//===----------------------------------------------------------------------===//

FailureOr<std::optional<double>> attn::findNumber(const Parameter &parameter, const RunOptions &options) {
  auto given = options.numbers.find(parameter.name);
  if (given == options.numbers.end())
    return std::optional<double>();
  double number = given->second;
  auto expect = [&](bool holds, const char *rule) -> FailureOr<std::optional<double>> {
    if (holds)
      return std::optional<double>(number);
    return reportError("expected '" + StringRef(parameter.name) + "' to be " + rule + ", but got " + printNumber(number));
  };
  if (!isa<FloatType>(parameter.type) && number != std::floor(number))
    return expect(false, "an integer");
  if (parameter.rule == ValueRule::Positive)
    return expect(number > 0.0 && std::isfinite(number), "positive and finite");
  return expect(parameter.rule != ValueRule::NotNegative || number >= 0.0, "at least 0");
}

LogicalResult attn::checkNames(const Signature &signature, const RunOptions &options) {
  std::string symbols = llvm::join(signature.shapes.names, ", "), scalars;
  for (const Parameter &parameter : signature.arguments)
    if (!isa<RankedTensorType>(parameter.type))
      scalars += (scalars.empty() ? "" : ", ") + parameter.name;
  for (StringRef name : options.shape.keys())
    if (signature.shapes.find(name) < 0)
      return reportError("expected --shape to name dynamic sizes of the function (" + symbols + "), but got '" + name + "'");
  for (StringRef name : options.numbers.keys())
    if (!llvm::any_of(signature.arguments,
                      [&](const Parameter &p) { return p.name == name && !isa<RankedTensorType>(p.type); }))
      return reportError("expected --set to name scalar arguments of the function (" + scalars + "), but got '" + name + "'");
  return success();
}

LogicalResult attn::checkBounds(const Parameter &parameter, const HostTensor &tensor, ArrayRef<int64_t> sizes) {
  for (Extent bound : parameter.valueBounds)
    for (int64_t n = 0, e = tensor.getNumElements(); n < e; ++n)
      if (double length = tensor.load(n); length < 0 || length > double(bound.evaluate(sizes)))
        return reportError("expected '" + StringRef(parameter.name) + "' to lie between 0 and the number of keys, " +
                           Twine(bound.evaluate(sizes)) + ", but got " + Twine(int64_t(length)));
  return success();
}

//===----------------------------------------------------------------------===//
// Files
//===----------------------------------------------------------------------===//

/// Learns the sizes of symbols from a tensor; two tensors must not disagree.
static LogicalResult learnSizes(const Signature &signature, const Parameter &parameter, ArrayRef<int64_t> shape,
                                MutableArrayRef<int64_t> sizes) {
  for (auto [dim, extent] : llvm::enumerate(parameter.extents)) {
    int64_t got = shape[dim];
    if (!extent.isStatic() && sizes[extent.symbol] < 0)
      sizes[extent.symbol] = got;
    int64_t known = extent.evaluate(sizes);
    if (known == got)
      continue;
    std::string symbol = extent.isStatic() ? "" : signature.shapes.names[extent.symbol] + " = ";
    return reportError("expected '" + StringRef(parameter.name) + "' to have size " + symbol + Twine(known) + " in dimension " +
                       Twine(dim) + ", but got " + Twine(got));
  }
  return success();
}

static FailureOr<ArgumentValue> readNumber(const Parameter &parameter, const RunOptions &options) {
  FailureOr<std::optional<double>> number = findNumber(parameter, options);
  if (failed(number))
    return failure();
  if (!*number)
    return reportError("expected --set " + StringRef(parameter.name) + "=..., because --inputs holds tensors only");
  return ArgumentValue{std::nullopt, **number};
}

FailureOr<Arguments> attn::readArguments(const Signature &signature, const RunOptions &options) {
  size_t tensors = llvm::count_if(signature.arguments, [](const Parameter &p) { return isa<RankedTensorType>(p.type); });
  if (options.inputs.size() != tensors)
    return reportError("expected --inputs to hold " + Twine(tensors) + " files, one for each tensor argument, but got " +
                       Twine(options.inputs.size()));
  if (failed(checkNames(signature, options)))
    return failure();
  Arguments arguments;
  arguments.sizes.assign(signature.shapes.names.size(), -1);
  const std::string *path = options.inputs.data();
  for (const Parameter &parameter : signature.arguments) {
    auto type = dyn_cast<RankedTensorType>(parameter.type);
    if (!type) {
      FailureOr<ArgumentValue> number = readNumber(parameter, options);
      if (failed(number))
        return failure();
      arguments.values.push_back(std::move(*number));
      continue;
    }
    FailureOr<HostTensor> tensor = readNpy(*path++, parameter.name, type);
    if (failed(tensor) || failed(learnSizes(signature, parameter, tensor->getShape(), arguments.sizes)))
      return failure();
    arguments.values.push_back({std::move(*tensor), 0.0});
  }
  for (auto [parameter, value] : llvm::zip_equal(signature.arguments, arguments.values))
    if (value.tensor && failed(checkBounds(parameter, *value.tensor, arguments.sizes)))
      return failure();
  return arguments;
}

//===----------------------------------------------------------------------===//
// What is not there
//===----------------------------------------------------------------------===//

/// Fills [b, :, lengths[b]:, :] with NaN.
static void poison(HostTensor &tensor, const HostTensor &lengths) {
  ArrayRef<int64_t> shape = tensor.getShape();
  for (int64_t row = 0, e = shape[0] * shape[1]; row < e; ++row)
    for (int64_t n = lengths.load(row / shape[1]) * shape[3]; n < shape[2] * shape[3]; ++n)
      tensor.store(row * shape[2] * shape[3] + n, std::nan(""));
}

LogicalResult attn::poisonBeyondLengths(func::FuncOp function, Arguments &arguments) {
  bool found = false;
  for (auto op : function.getOps<AttentionOp>()) {
    auto lengths = dyn_cast_or_null<BlockArgument>(op.getLengths());
    for (Value operand : {op.getKey(), op.getValue()})
      if (auto argument = dyn_cast<BlockArgument>(operand); argument && lengths) {
        poison(*arguments.values[argument.getArgNumber()].tensor, *arguments.values[lengths.getArgNumber()].tensor);
        found = true;
      }
  }
  return found ? success() : reportError("expected an attention with lengths for --poison, but there is none");
}

FailureOr<std::vector<HostTensor>> attn::createResults(const Signature &signature, ArrayRef<int64_t> sizes) {
  std::vector<HostTensor> results;
  for (const Parameter &parameter : signature.results) {
    auto type = dyn_cast<RankedTensorType>(parameter.type);
    if (!type)
      return reportError("expected results to be tensors, but got '" + StringRef(parameter.name) + "', which is a scalar");
    SmallVector<int64_t> shape = llvm::map_to_vector(parameter.extents, [&](Extent extent) { return extent.evaluate(sizes); });
    FailureOr<HostTensor> tensor = HostTensor::create(type.getElementType(), shape);
    if (failed(tensor))
      return failure();
    results.push_back(std::move(*tensor));
  }
  return results;
}
