//===- CpuMachine.cpp - the table of x86 levels ---------------------------===//

#include "codegen/cpu/CpuMachine.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/TargetParser/Host.h"

namespace mlir::attn {

// The blocks: measured in registers (accumulators + lane vectors + one broadcast must not spill) and in diagonal waste, which
// grows with the panel's width. The baseline needs one more register for each product and two instructions for each broadcast.
static const CpuMachine kLevels[] = {
    {"x86-64", "x86-64", "", /*lanes=*/4, /*vectorRegisters=*/16, /*fma=*/false, /*scalef=*/false, /*f16c=*/false,
     /*bf16Dot=*/false, /*panelBlock=*/{4, 2}},
    {"x86-64-v3", "x86-64-v3", "", 8, 16, true, false, true, false, {4, 3}},
    // The generic level prefers 256-bit vectors. The lane count is chosen here, so LLVM is told not to split what it is given.
    {"x86-64-v4", "x86-64-v4", "-prefer-256-bit", 16, 32, true, true, true, false, {12, 2}},
    {"x86-64-v4+avx512bf16", "x86-64-v4", "-prefer-256-bit,+avx512bf16", 16, 32, true, true, true, true, {12, 2}},
};

llvm::ArrayRef<CpuMachine> CpuMachine::levels() { return kLevels; }

std::optional<CpuMachine> CpuMachine::lookup(llvm::StringRef name) {
  const CpuMachine *level = llvm::find_if(kLevels, [&](const CpuMachine &level) { return level.name == name; });
  if (level == std::end(kLevels))
    return std::nullopt;
  return *level;
}

CpuMachine CpuMachine::detectHost() {
  llvm::StringMap<bool> features = llvm::sys::getHostCPUFeatures();
  auto all = [&](std::initializer_list<llvm::StringRef> names) {
    return llvm::all_of(names, [&](llvm::StringRef name) { return features.lookup(name); });
  };
  if (!all({"avx2", "bmi", "bmi2", "f16c", "fma", "lzcnt", "movbe"}))
    return kLevels[0];
  if (!all({"avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"}))
    return kLevels[1];
  return all({"avx512bf16"}) ? kLevels[3] : kLevels[2];
}

} // namespace mlir::attn
