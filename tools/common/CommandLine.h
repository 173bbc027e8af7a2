//===- CommandLine.h - options that several tools have ----------*- C++ -*-===//

#ifndef ATTN_TOOLS_COMMON_COMMANDLINE_H
#define ATTN_TOOLS_COMMON_COMMANDLINE_H

#include "mlir/Support/LLVM.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/Twine.h"

#include <string>

namespace mlir::attn {

/// Prints "error: MESSAGE" to standard error; hands back failure.
LogicalResult reportError(const Twine &message);

/// A number as people write it: "17", "0.125".
std::string printNumber(double number);

/// Splits "NAME=VALUE"; prints an error that names the command-line option, and fails, for anything else.
LogicalResult splitAssignment(StringRef option, StringRef text, StringRef &name, StringRef &value);

/// Reads --shape: sizes by symbol, each once and not negative.
LogicalResult parseShapeOption(ArrayRef<std::string> items, llvm::StringMap<int64_t> &shape);
/// Reads --set: numbers by argument, each once.
LogicalResult parseSetOption(ArrayRef<std::string> items, llvm::StringMap<double> &numbers);

} // namespace mlir::attn

#endif // ATTN_TOOLS_COMMON_COMMANDLINE_H
