//===- Options.h - the command line of attn-run -----------------*- C++ -*-===//

#ifndef ATTN_TOOLS_RUN_OPTIONS_H
#define ATTN_TOOLS_RUN_OPTIONS_H

#include "llvm/ADT/StringMap.h"
#include "llvm/Support/LogicalResult.h"

#include <cstdint>
#include <string>
#include <vector>

namespace mlir::attn {

/// What attn-run was asked to do.
struct RunOptions {
  std::string input;
  std::string entry;
  std::string target = "host";
  std::vector<std::string> inputs;
  std::vector<std::string> outputs;
  /// Sizes by symbol, numbers by argument.
  llvm::StringMap<int64_t> shape;
  llvm::StringMap<double> numbers;
  uint64_t seed = 1;
  uint64_t threads = 0; // 0: as the runtime decides
  bool check = false;
  bool bench = false;
  bool poison = false;
};

/// Reads the command line; prints what is wrong with it and fails; --help and --version exit.
llvm::FailureOr<RunOptions> parseCommandLine(int argc, char **argv);

} // namespace mlir::attn

#endif // ATTN_TOOLS_RUN_OPTIONS_H
