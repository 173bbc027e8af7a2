//===- RunnableLevels.h - machines a test can run on ------------*- C++ -*-===//

#ifndef ATTN_TEST_UNIT_CPU_RUNNABLELEVELS_H
#define ATTN_TEST_UNIT_CPU_RUNNABLELEVELS_H

#include "codegen/cpu/CpuMachine.h"

#include <vector>

namespace mlir::attn::test {

/// The levels that the processor can run.
inline std::vector<CpuMachine> runnableLevels() {
  llvm::StringRef host = CpuMachine::detectHost().name;
  std::vector<CpuMachine> levels;
  for (const CpuMachine &level : CpuMachine::levels()) {
    levels.push_back(level);
    if (level.name == host)
      break;
  }
  return levels;
}

} // namespace mlir::attn::test

#endif // ATTN_TEST_UNIT_CPU_RUNNABLELEVELS_H
