//===- NpyWriter.cpp - NumPy's array files, written -----------------------===//

#include "mlir/IR/BuiltinTypes.h"
#include "tools/attn-run/Npy.h"
#include "tools/common/Description.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace mlir::attn;

/// The name of the type in a file: 16-bit floats are widened, which loses nothing.
static StringRef getTypeName(Type type) {
  if (isa<FloatType>(type))
    return type.isF64() ? "<f8" : "<f4";
  return type.isInteger(32) ? "<i4" : "<i8";
}

static std::string makeHeader(const HostTensor &tensor) {
  std::string shape;
  for (int64_t size : tensor.getShape())
    shape += std::to_string(size) + ", ";
  std::string text = ("{'descr': '" + getTypeName(tensor.getElementType()) + "', 'fortran_order': False, 'shape': (" +
                      StringRef(shape) + "), }")
                         .str();
  // Elements start at a multiple of 64 bytes: 10 bytes go before the text, a line end after it.
  text.append(63 - (10 + text.size()) % 64, ' ');
  text += '\n';
  std::string header = "\x93NUMPY\x01";
  header += '\0';
  header += char(text.size() & 0xff);
  header += char(text.size() >> 8);
  return header + text;
}

static void writeElements(const HostTensor &tensor, raw_ostream &stream) {
  Type type = tensor.getElementType();
  if (!type.isBF16() && !type.isF16()) {
    stream.write(static_cast<const char *>(tensor.getData()), tensor.getNumBytes());
    return;
  }
  for (int64_t n = 0, e = tensor.getNumElements(); n < e; ++n) {
    float value = tensor.load(n);
    stream.write(reinterpret_cast<const char *>(&value), sizeof value);
  }
}

namespace {
/// A file under another name until it is complete; removed unless it is kept. What is no regular file (a pipe, /dev/stdout) is
/// written in place.
class PendingFile {
public:
  explicit PendingFile(StringRef path) : path(path) {}
  PendingFile(const PendingFile &) = delete;
  ~PendingFile() {
    if (!temporary.empty())
      llvm::sys::fs::remove(temporary);
  }

  LogicalResult write(const HostTensor &tensor) {
    int descriptor;
    bool inPlace = llvm::sys::fs::exists(path) && !llvm::sys::fs::is_regular_file(path);
    std::error_code code =
        inPlace ? llvm::sys::fs::openFileForWrite(path, descriptor)
                : llvm::sys::fs::createUniqueFile(path + ".%%%%%%.part", descriptor, temporary, llvm::sys::fs::OF_None, 0666);
    if (code)
      return reportError("cannot write '" + path + "': " + code.message());
    llvm::raw_fd_ostream stream(descriptor, /*shouldClose=*/true);
    stream << makeHeader(tensor);
    writeElements(tensor, stream);
    stream.close();
    if (!stream.has_error())
      return success();
    std::string reason = stream.error().message();
    stream.clear_error();
    return reportError("cannot write '" + path + "': " + reason);
  }

  LogicalResult keep() {
    if (temporary.empty())
      return success();
    if (std::error_code code = llvm::sys::fs::rename(temporary, path))
      return reportError("cannot write '" + path + "': " + code.message());
    temporary.clear();
    return success();
  }

private:
  std::string path;
  SmallString<128> temporary;
};
} // namespace

LogicalResult attn::writeNpyFiles(ArrayRef<std::string> paths, ArrayRef<const HostTensor *> tensors) {
  std::vector<std::unique_ptr<PendingFile>> files;
  for (auto [path, tensor] : llvm::zip_equal(paths, tensors)) {
    files.push_back(std::make_unique<PendingFile>(path));
    if (failed(files.back()->write(*tensor)))
      return failure();
  }
  for (auto &file : files)
    if (failed(file->keep()))
      return failure();
  return success();
}
