//===- AssemblerReport.cpp - what ptxas says of kernels -------------------===//

#include "codegen/AssemblerReport.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir::attn;

/// The number in front of `unit` in "16 bytes stack frame, 0 bytes spill stores"; 0 where there is none.
static int64_t findNumber(llvm::StringRef line, llvm::StringRef unit) {
  llvm::SmallVector<llvm::StringRef> parts;
  line.split(parts, ',');
  for (llvm::StringRef part : parts) {
    int64_t number = 0;
    part = part.trim();
    part.consume_front("Used ");
    if (!part.consumeInteger(10, number) && part.trim() == unit)
      return number;
  }
  return 0;
}

AssemblerReport AssemblerReport::parse(llvm::StringRef text) {
  AssemblerReport report;
  KernelResources *kernel = nullptr;
  for (llvm::StringRef line : llvm::split(text, '\n')) {
    line = line.trim();
    if (line.contains("warning") || line.contains("Potential Performance Loss"))
      report.warnings.push_back(line.str());
    llvm::StringRef fact = line.starts_with("ptxas info") ? line.split(':').second.trim() : line;
    if (fact.consume_front("Function properties for ")) {
      kernel = &report.kernels[fact.trim()];
    } else if (kernel && fact.ends_with("bytes spill loads")) {
      kernel->stackBytes = findNumber(fact, "bytes stack frame");
      kernel->spillBytes = findNumber(fact, "bytes spill stores") + findNumber(fact, "bytes spill loads");
    } else if (kernel && fact.starts_with("Used ")) {
      kernel->registers = findNumber(fact, "registers");
      kernel->staticSharedBytes = findNumber(fact, "bytes smem");
      kernel = nullptr;
    }
  }
  return report;
}
