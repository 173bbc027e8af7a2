//===- Description.h - a description file -----------------------*- C++ -*-===//

#ifndef ATTN_TOOLS_COMMON_DESCRIPTION_H
#define ATTN_TOOLS_COMMON_DESCRIPTION_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"
#include "tools/common/CommandLine.h"

#include <string>

namespace mlir::attn {

/// The dialects a description may use.
void registerDescriptionDialects(DialectRegistry &registry);

/// A verified description and the function that was asked for.
struct Description {
  std::string text;
  OwningOpRef<ModuleOp> module;
  func::FuncOp entry;
};

/// Reads a file ("-": standard input) and finds the function `entry`; without a name the only public one. Errors are printed to
/// standard error with their place in the file.
FailureOr<Description> loadDescription(MLIRContext &context, StringRef path, StringRef entry);

} // namespace mlir::attn

#endif // ATTN_TOOLS_COMMON_DESCRIPTION_H
