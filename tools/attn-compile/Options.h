//===- Options.h - the command line of attn-compile -------------*- C++ -*-===//

#ifndef ATTN_TOOLS_COMPILE_OPTIONS_H
#define ATTN_TOOLS_COMPILE_OPTIONS_H

#include "llvm/Support/LogicalResult.h"

#include <string>
#include <vector>

namespace mlir::attn {

/// What attn-compile was asked to do.
struct CompileOptions {
  std::string input;
  std::string entry;
  std::string directory;
  /// Names of x86 levels, each once, the least capable one first; or of GPUs.
  std::vector<std::string> targets;

  bool isForGpu() const;
};

/// Reads the command line; prints what is wrong with it and fails. --help and --version exit.
llvm::FailureOr<CompileOptions> parseCommandLine(int argc, char **argv);

} // namespace mlir::attn

#endif // ATTN_TOOLS_COMPILE_OPTIONS_H
