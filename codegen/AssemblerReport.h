//===- AssemblerReport.h - what ptxas says of kernels -----------*- C++ -*-===//

#ifndef ATTN_CODEGEN_ASSEMBLERREPORT_H
#define ATTN_CODEGEN_ASSEMBLERREPORT_H

#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringRef.h"

#include <cstdint>
#include <string>
#include <vector>

namespace mlir::attn {

/// What a kernel takes of a multiprocessor.
struct KernelResources {
  int64_t registers = 0;         // of a thread, when the kernel starts
  int64_t stackBytes = 0;        // of a thread
  int64_t spillBytes = 0;        // of stores and loads of registers that had no room, as they stand in the code
  int64_t staticSharedBytes = 0; // besides what a launch asks for
};

/// The report of `ptxas -v`.
struct AssemblerReport {
  llvm::StringMap<KernelResources> kernels;
  /// What makes kernels slow, or may: lines as they are.
  std::vector<std::string> warnings;

  static AssemblerReport parse(llvm::StringRef text);
};

} // namespace mlir::attn

#endif // ATTN_CODEGEN_ASSEMBLERREPORT_H
