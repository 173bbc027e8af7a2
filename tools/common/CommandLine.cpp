//===- CommandLine.cpp - options that several tools have ------------------===//

#include "tools/common/CommandLine.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace mlir::attn;

LogicalResult attn::reportError(const Twine &message) {
  llvm::errs() << "error: " << message << "\n";
  return failure();
}

std::string attn::printNumber(double number) {
  std::string text;
  llvm::raw_string_ostream(text) << llvm::format("%.9g", number);
  return text;
}

LogicalResult attn::splitAssignment(StringRef option, StringRef text, StringRef &name, StringRef &value) {
  std::tie(name, value) = text.split('=');
  if (!name.empty() && !value.empty())
    return success();
  return reportError("expected --" + option + " to hold NAME=VALUE, but got '" + text + "'");
}

LogicalResult attn::parseShapeOption(ArrayRef<std::string> items, llvm::StringMap<int64_t> &shape) {
  for (StringRef item : items) {
    StringRef name, value;
    int64_t size;
    if (failed(splitAssignment("shape", item, name, value)))
      return failure();
    if (value.getAsInteger(10, size) || size < 0)
      return reportError("expected the size of '" + name + "' to be a number from 0, but got '" + value + "'");
    if (!shape.try_emplace(name, size).second)
      return reportError("expected '" + name + "' once in --shape, but got it twice");
  }
  return success();
}

LogicalResult attn::parseSetOption(ArrayRef<std::string> items, llvm::StringMap<double> &numbers) {
  for (StringRef item : items) {
    StringRef name, value;
    double number;
    if (failed(splitAssignment("set", item, name, value)))
      return failure();
    if (value.getAsDouble(number))
      return reportError("expected the value of '" + name + "' to be a number, but got '" + value + "'");
    if (!numbers.try_emplace(name, number).second)
      return reportError("expected '" + name + "' once in --set, but got it twice");
  }
  return success();
}
