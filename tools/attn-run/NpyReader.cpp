//===- NpyReader.cpp - NumPy's array files, read --------------------------===//

#include "codegen/FloatFormats.h"
#include "tools/attn-run/Npy.h"
#include "tools/common/Description.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Regex.h"

using namespace mlir;
using namespace mlir::attn;

namespace {
/// What a file's header says.
struct Header {
  char kind;     // 'f' or 'i'
  int64_t bytes; // of an element
  SmallVector<int64_t> shape;
  StringRef elements; // the rest of the file
};
} // namespace

static LogicalResult fail(StringRef path, const Twine &message) { return reportError("'" + path + "': " + message); }

static std::string describeShape(ArrayRef<int64_t> shape) {
  std::string text = "(";
  for (int64_t size : shape)
    text += (text.size() == 1 ? "" : ", ") + (ShapedType::isDynamic(size) ? std::string("?") : std::to_string(size));
  return text + ")";
}

/// Splits off the header's text: a magic string, a version, a length, a Python dictionary.
static FailureOr<StringRef> splitHeader(StringRef path, StringRef contents, StringRef &elements) {
  if (!contents.consume_front("\x93NUMPY"))
    return fail(path, "expected a .npy file, but got something else");
  if (contents.size() < 4)
    return fail(path, "expected a whole .npy file, but it is truncated");
  unsigned major = contents[0];
  if (major != 1 && major != 2)
    return fail(path, "expected .npy version 1 or 2, but got " + Twine(major));
  unsigned lengthBytes = major == 1 ? 2 : 4;
  contents = contents.drop_front(2);
  if (contents.size() < lengthBytes)
    return fail(path, "expected a whole .npy file, but it is truncated");
  uint64_t length =
      major == 1 ? llvm::support::endian::read16le(contents.data()) : llvm::support::endian::read32le(contents.data());
  contents = contents.drop_front(lengthBytes);
  if (contents.size() < length)
    return fail(path, "expected a whole .npy file, but it is truncated");
  elements = contents.drop_front(length);
  return contents.take_front(length);
}

/// The text that a dictionary holds for a key; empty if there is none.
static StringRef findField(StringRef dictionary, StringRef pattern) {
  SmallVector<StringRef> matches;
  return llvm::Regex(pattern).match(dictionary, &matches) ? matches[1] : StringRef();
}

static LogicalResult parseType(StringRef path, StringRef dictionary, Header &header) {
  StringRef type = findField(dictionary, "'descr': *'([^']*)'");
  SmallVector<StringRef> matches;
  if (!llvm::Regex("^[<=|]?([fi])([248])$").match(type, &matches) || (matches[1] == "i" && matches[2] == "2"))
    return fail(path, "expected little-endian elements of type f2, f4, f8, i4 or i8, but got '" + type + "'");
  header.kind = matches[1].front();
  header.bytes = matches[2].front() - '0';
  return success();
}

static LogicalResult parseShape(StringRef path, StringRef dictionary, Header &header) {
  if (findField(dictionary, "'fortran_order': *(True|False)") != "False")
    return fail(path, "expected C order, but got Fortran order");
  if (!llvm::Regex("'shape': *\\([0-9L, ]*\\)").match(dictionary))
    return fail(path, "expected a header with a shape, but it is damaged");
  SmallVector<StringRef> sizes;
  findField(dictionary, "'shape': *\\(([0-9L, ]*)\\)").split(sizes, ',', -1, /*KeepEmpty=*/false);
  for (StringRef text : sizes) {
    int64_t size;
    if (text.trim(" L").empty())
      continue;
    if (text.trim(" L").getAsInteger(10, size))
      return fail(path, "expected a size, but got '" + text + "'");
    header.shape.push_back(size);
  }
  return success();
}

static FailureOr<Header> parseHeader(StringRef path, StringRef contents) {
  Header header;
  FailureOr<StringRef> dictionary = splitHeader(path, contents, header.elements);
  if (failed(dictionary) || failed(parseType(path, *dictionary, header)) || failed(parseShape(path, *dictionary, header)))
    return failure();
  int64_t bytes = header.bytes;
  for (int64_t size : header.shape)
    if (llvm::MulOverflow(bytes, size, bytes))
      return fail(path, "expected sizes that fit memory, but got " + describeShape(header.shape));
  if (int64_t(header.elements.size()) < bytes)
    return fail(path, "expected " + Twine(bytes) + " bytes of elements, but the file is truncated after " +
                          Twine(header.elements.size()));
  return header;
}

static LogicalResult checkType(StringRef path, StringRef name, const Header &header, RankedTensorType type) {
  bool wantsFloat = isa<FloatType>(type.getElementType());
  if (wantsFloat != (header.kind == 'f'))
    return fail(path, "expected '" + name + "' to hold " + (wantsFloat ? "floats" : "integers") + ", but got type " +
                          Twine(header.kind) + Twine(header.bytes));
  bool fits = type.getRank() == int64_t(header.shape.size());
  for (int64_t dim = 0; fits && dim < type.getRank(); ++dim)
    fits = type.isDynamicDim(dim) || type.getDimSize(dim) == header.shape[dim];
  if (!fits)
    return fail(path, "expected '" + name + "' to have shape " + describeShape(type.getShape()) + ", but got " +
                          describeShape(header.shape));
  return success();
}

static double readElement(const char *place, const Header &header) {
  using namespace llvm::support::endian;
  if (header.kind == 'i')
    return header.bytes == 4 ? double(int32_t(read32le(place))) : double(int64_t(read64le(place)));
  if (header.bytes == 2)
    return floatFromF16(read16le(place));
  return header.bytes == 4 ? llvm::bit_cast<float>(read32le(place)) : llvm::bit_cast<double>(read64le(place));
}

FailureOr<HostTensor> attn::readNpy(StringRef path, StringRef name, RankedTensorType type) {
  auto file = llvm::MemoryBuffer::getFile(path, /*IsText=*/false, /*RequiresNullTerminator=*/false);
  if (std::error_code code = file.getError())
    return reportError("cannot read '" + path + "': " + code.message());
  FailureOr<Header> header = parseHeader(path, (*file)->getBuffer());
  if (failed(header) || failed(checkType(path, name, *header, type)))
    return failure();
  FailureOr<HostTensor> tensor = HostTensor::create(type.getElementType(), header->shape);
  if (failed(tensor))
    return failure();
  const char *place = header->elements.data();
  for (int64_t n = 0, e = tensor->getNumElements(); n < e; ++n, place += header->bytes) {
    double value = readElement(place, *header);
    if (type.getElementType().isInteger(32) && value != double(int32_t(std::clamp(value, -2147483648.0, 2147483647.0))))
      return fail(path, "expected '" + name + "' to hold 32-bit integers, but got " + Twine(int64_t(value)));
    tensor->store(n, value);
  }
  return tensor;
}
