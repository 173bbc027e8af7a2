//===- BundleFiles.h - puts the files of a bundle in place ------*- C++ -*-===//

#ifndef ATTN_TOOLS_COMPILE_BUNDLEFILES_H
#define ATTN_TOOLS_COMPILE_BUNDLEFILES_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/LogicalResult.h"

#include <string>

namespace mlir::attn {

/// One file of a bundle.
struct BundleFile {
  std::string name;
  llvm::StringRef contents;
};

/// Writes the files into `directory`, which is made, with those above it, where it does not exist. They are written under
/// temporary names first and renamed when all of them are complete: on failure, which is reported as one error, the directory
/// is as it was before.
llvm::LogicalResult writeBundleFiles(llvm::StringRef directory, llvm::ArrayRef<BundleFile> files);

} // namespace mlir::attn

#endif // ATTN_TOOLS_COMPILE_BUNDLEFILES_H
