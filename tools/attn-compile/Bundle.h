//===- Bundle.h - what a bundle is about ------------------------*- C++ -*-===//

#ifndef ATTN_TOOLS_COMPILE_BUNDLE_H
#define ATTN_TOOLS_COMPILE_BUNDLE_H

#include "codegen/Compiler.h"

#include <string>
#include <vector>

namespace mlir::attn {

/// A compiled function with what its header and its manifest say of it.
struct Bundle {
  /// The function's name as a C identifier: the bundle's name.
  std::string name;
  /// The function's name in the description.
  std::string entry;
  /// File name of the description, without its directory.
  std::string source;
  /// One for each target, the least capable target first.
  std::vector<CompiledKernel> kernels;

  /// The same for all targets.
  const Signature &getSignature() const { return kernels.front().signature; }
  /// What a CPU must offer to run the bundle.
  llvm::StringRef getLeastTarget() const { return kernels.front().identity.target; }
};

} // namespace mlir::attn

#endif // ATTN_TOOLS_COMPILE_BUNDLE_H
