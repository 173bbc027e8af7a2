//===- HostTensor.cpp - a tensor in memory --------------------------------===//

#include "tools/attn-run/HostTensor.h"
#include "codegen/FloatFormats.h"
#include "mlir/IR/BuiltinTypes.h"
#include "tools/common/Description.h"
#include "llvm/Support/MathExtras.h"

#include <unistd.h>

using namespace mlir;
using namespace mlir::attn;

static constexpr int64_t kAlignment = 64;

int64_t attn::getElementBytes(Type type) {
  if (type.isIndex())
    return 8;
  if (type.isF64() || type.isF32() || type.isBF16() || type.isF16() || type.isInteger(32) || type.isInteger(64))
    return type.getIntOrFloatBitWidth() / 8;
  return 0;
}

/// Bytes of a tensor; none if they do not fit the machine's memory.
static std::optional<int64_t> countBytes(int64_t elementBytes, ArrayRef<int64_t> shape) {
  int64_t memory = sysconf(_SC_PHYS_PAGES) * sysconf(_SC_PAGE_SIZE), bytes = elementBytes;
  if (llvm::is_contained(shape, 0))
    return 0;
  for (int64_t size : shape)
    if (size < 0 || llvm::MulOverflow(bytes, size, bytes) || bytes > memory)
      return std::nullopt;
  return bytes;
}

static std::string describe(Type elementType, ArrayRef<int64_t> shape) {
  std::string text;
  llvm::raw_string_ostream stream(text);
  llvm::interleave(shape, stream, "x");
  stream << "x" << elementType;
  return text;
}

FailureOr<HostTensor> HostTensor::create(Type elementType, ArrayRef<int64_t> shape) {
  HostTensor tensor;
  tensor.elementType = elementType;
  tensor.shape = llvm::to_vector(shape);
  if (!getElementBytes(elementType))
    return reportError("expected tensors of f32, bf16, f16, i32 or i64, but got " + describe(elementType, shape));
  std::optional<int64_t> bytes = countBytes(getElementBytes(elementType), shape);
  if (bytes)
    tensor.data.reset(std::aligned_alloc(kAlignment, llvm::alignTo(std::max<int64_t>(*bytes, 1), kAlignment)));
  if (!tensor.data)
    return reportError("expected a tensor that fits this machine's memory, but got " + describe(elementType, shape));
  std::memset(tensor.data.get(), 0, *bytes);
  return tensor;
}

int64_t HostTensor::getNumBytes() const { return getNumElements() * getElementBytes(elementType); }

double HostTensor::load(int64_t index) const {
  if (elementType.isF32())
    return static_cast<const float *>(getData())[index];
  if (elementType.isBF16())
    return floatFromBF16(static_cast<const uint16_t *>(getData())[index]);
  if (elementType.isF16())
    return floatFromF16(static_cast<const uint16_t *>(getData())[index]);
  if (elementType.isF64())
    return static_cast<const double *>(getData())[index];
  if (elementType.isInteger(32))
    return static_cast<const int32_t *>(getData())[index];
  return static_cast<const int64_t *>(getData())[index];
}

void HostTensor::store(int64_t index, double value) {
  if (elementType.isF32())
    static_cast<float *>(getData())[index] = value;
  else if (elementType.isBF16())
    static_cast<uint16_t *>(getData())[index] = floatToBF16(roundToType(value, cast<FloatType>(elementType)));
  else if (elementType.isF16())
    static_cast<uint16_t *>(getData())[index] = floatToF16(roundToType(value, cast<FloatType>(elementType)));
  else if (elementType.isF64())
    static_cast<double *>(getData())[index] = value;
  else if (elementType.isInteger(32))
    static_cast<int32_t *>(getData())[index] = value;
  else
    static_cast<int64_t *>(getData())[index] = value;
}

reference::Array HostTensor::toArray() const {
  reference::Array array(elementType, shape);
  for (int64_t n = 0, e = getNumElements(); n < e; ++n)
    array.elements[n] = load(n);
  return array;
}

void HostTensor::assign(const reference::Array &array) {
  for (int64_t n = 0, e = getNumElements(); n < e; ++n)
    store(n, array.elements[n]);
}
