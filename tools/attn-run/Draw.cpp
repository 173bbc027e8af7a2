//===- Draw.cpp - arguments from a seed -----------------------------------===//

#include "tools/attn-run/Arguments.h"
#include "tools/common/Description.h"

#include <cmath>

using namespace mlir;
using namespace mlir::attn;

namespace {
/// splitmix64: the same numbers on every machine, for a seed.
class Generator {
public:
  explicit Generator(uint64_t seed) : state(seed) {}

  uint64_t next() {
    uint64_t x = state += 0x9e3779b97f4a7c15u;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
  }
  /// In [0, limit].
  int64_t upTo(int64_t limit) { return next() % (uint64_t(limit) + 1); }
  /// In (0, 1].
  double uniform() { return (double(next() >> 11) + 1.0) * 0x1p-53; }
  /// Standard normal numbers, two at a time.
  std::pair<double, double> normal() {
    double radius = std::sqrt(-2.0 * std::log(uniform())), angle = 2.0 * M_PI * uniform();
    return {radius * std::cos(angle), radius * std::sin(angle)};
  }

private:
  uint64_t state;
};
} // namespace

/// Small odd sizes: tails everywhere, and lengths on both sides of a tile.
static int64_t drawSize(StringRef symbol, Generator &generator) {
  static const int64_t lengths[] = {1, 7, 31, 33, 65, 97, 127, 129, 191, 257, 301, 389};
  if (symbol == "B")
    return 1 + generator.upTo(2);
  return lengths[generator.upTo(std::size(lengths) - 1)];
}

static void fillNormal(HostTensor &tensor, Generator &generator) {
  int64_t count = tensor.getNumElements();
  for (int64_t n = 0; n < count; n += 2) {
    auto [first, second] = generator.normal();
    tensor.store(n, first);
    if (n + 1 < count)
      tensor.store(n + 1, second);
  }
}

/// Integers up to a bound: none, all or something between. Of three or more, one is 0; the first is never, or a single one
/// might make the whole result empty.
static void fillIntegers(HostTensor &tensor, int64_t bound, Generator &generator) {
  int64_t count = tensor.getNumElements();
  for (int64_t n = 0; n < count; ++n)
    tensor.store(n, generator.upTo(3) == 0 ? bound : bound - generator.upTo(bound) / (n == 0 ? 2 : 1));
  if (count >= 3)
    tensor.store(1 + generator.upTo(count - 2), 0);
}

/// What an integer that nothing bounds may be: about as large as the longest size.
static int64_t getLargest(ArrayRef<int64_t> sizes) {
  int64_t largest = 8;
  for (int64_t size : sizes)
    largest = std::max(largest, size);
  return largest;
}

static FailureOr<ArgumentValue> drawTensor(const Parameter &parameter, ArrayRef<int64_t> sizes, Generator &generator) {
  SmallVector<int64_t> shape = llvm::map_to_vector(parameter.extents, [&](Extent extent) { return extent.evaluate(sizes); });
  FailureOr<HostTensor> tensor = HostTensor::create(cast<RankedTensorType>(parameter.type).getElementType(), shape);
  if (failed(tensor))
    return failure();
  int64_t bound = getLargest(sizes);
  for (Extent extent : parameter.valueBounds)
    bound = std::min(bound, extent.evaluate(sizes));
  if (isa<FloatType>(tensor->getElementType()))
    fillNormal(*tensor, generator);
  else
    fillIntegers(*tensor, bound, generator);
  return ArgumentValue{std::move(*tensor), 0.0};
}

static FailureOr<ArgumentValue> drawNumber(const Parameter &parameter, const RunOptions &options, ArrayRef<int64_t> sizes,
                                           Generator &generator) {
  FailureOr<std::optional<double>> given = findNumber(parameter, options);
  if (failed(given))
    return failure();
  double drawn =
      isa<FloatType>(parameter.type) ? 0.05 + 0.2 * generator.uniform() : double(generator.upTo(getLargest(sizes) / 2));
  return ArgumentValue{std::nullopt, given->value_or(drawn)};
}

FailureOr<Arguments> attn::drawArguments(const Signature &signature, const RunOptions &options) {
  if (failed(checkNames(signature, options)))
    return failure();
  Generator generator(options.seed);
  Arguments arguments;
  for (StringRef symbol : signature.shapes.names) {
    int64_t drawn = drawSize(symbol, generator);
    auto given = options.shape.find(symbol);
    arguments.sizes.push_back(given == options.shape.end() ? drawn : given->second);
  }
  for (const Parameter &parameter : signature.arguments) {
    FailureOr<ArgumentValue> value = isa<RankedTensorType>(parameter.type)
                                         ? drawTensor(parameter, arguments.sizes, generator)
                                         : drawNumber(parameter, options, arguments.sizes, generator);
    if (failed(value))
      return failure();
    arguments.values.push_back(std::move(*value));
  }
  return arguments;
}
