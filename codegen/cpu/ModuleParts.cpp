//===- ModuleParts.cpp - an LLVM module for several threads ---------------===//

#include "codegen/cpu/ModuleParts.h"

#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Bitcode/BitcodeWriter.h"
#include "llvm/IR/Module.h"
#include "llvm/Support/raw_ostream.h"
#include "llvm/Transforms/Utils/Cloning.h"

namespace mlir::attn {

using Parts = llvm::DenseMap<const llvm::GlobalValue *, unsigned>;

/// Below this many instructions a further thread does not pay for the bitcode that it reads and the linking afterwards.
static constexpr unsigned kInstructionsPerPart = 4000;
static constexpr unsigned kMaxParts = 4;

unsigned countParts(const llvm::Module &module) {
  return std::min(kMaxParts, std::max(1u, module.getInstructionCount() / kInstructionsPerPart));
}

/// The longest first, each to the part that has least so far.
static Parts distribute(llvm::Module &module, unsigned parts) {
  struct Work {
    unsigned size, number;
    const llvm::Function *function;
  };
  std::vector<Work> work;
  for (const llvm::Function &function : module)
    if (!function.isDeclaration())
      work.push_back({function.getInstructionCount(), unsigned(work.size()), &function});
  llvm::sort(work, [](const Work &left, const Work &right) { return std::tie(right.size, left.number) < std::tie(left.size, right.number); });
  std::vector<unsigned> load(parts);
  Parts result;
  for (const Work &next : work) {
    unsigned part = std::min_element(load.begin(), load.end()) - load.begin();
    load[part] += next.size;
    result[next.function] = part;
  }
  return result;
}

static llvm::SmallVector<char, 0> writePart(const llvm::Module &module, const Parts &parts, unsigned part) {
  llvm::ValueToValueMapTy map;
  std::unique_ptr<llvm::Module> clone = llvm::CloneModule(module, map, [&](const llvm::GlobalValue *value) {
    auto entry = parts.find(value);
    return entry != parts.end() && entry->second == part;
  });
  llvm::SmallVector<char, 0> bitcode;
  llvm::raw_svector_ostream stream(bitcode);
  llvm::WriteBitcodeToFile(*clone, stream);
  return bitcode;
}

std::vector<llvm::SmallVector<char, 0>> splitModule(llvm::Module &module, unsigned parts) {
  for (llvm::GlobalValue &value : module.global_values()) {
    if (!value.hasLocalLinkage())
      continue;
    value.setLinkage(llvm::GlobalValue::ExternalLinkage);
    value.setVisibility(llvm::GlobalValue::HiddenVisibility);
  }
  Parts assigned = distribute(module, parts);
  std::vector<llvm::SmallVector<char, 0>> others;
  for (unsigned part = 1; part < parts; ++part)
    others.push_back(writePart(module, assigned, part));
  for (llvm::Function &function : module)
    if (assigned.lookup(&function) != 0)
      function.deleteBody();
  return others;
}

} // namespace mlir::attn
