//===- ModuleParts.h - an LLVM module for several threads -------*- C++ -*-===//

#ifndef ATTN_CODEGEN_CPU_MODULEPARTS_H
#define ATTN_CODEGEN_CPU_MODULEPARTS_H

#include "llvm/ADT/SmallVector.h"

#include <vector>

namespace llvm {
class Module;
} // namespace llvm

namespace mlir::attn {

/// How many parts a module is worth. It depends on the module alone, so that the same description gives the same bytes on every machine.
unsigned countParts(const llvm::Module &module);

/// Distributes the functions of a module over `parts` parts of about the same size. The first part stays in `module`; the others are
/// returned as bitcode, to be read into contexts of their own. Local symbols become hidden ones, so that one part can use what lies in
/// another; linkRelocatable makes them local again.
std::vector<llvm::SmallVector<char, 0>> splitModule(llvm::Module &module, unsigned parts);

} // namespace mlir::attn

#endif // ATTN_CODEGEN_CPU_MODULEPARTS_H
