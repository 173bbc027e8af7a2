//===- AbiHeader.h - attn_abi.h inside the tool -----------------*- C++ -*-===//

#ifndef ATTN_TOOLS_COMPILE_ABIHEADER_H
#define ATTN_TOOLS_COMPILE_ABIHEADER_H

#include "llvm/ADT/StringRef.h"

namespace mlir::attn {

/// The text of runtime/attn_abi.h, a copy of which goes into every bundle.
llvm::StringRef getAbiHeader();

} // namespace mlir::attn

#endif // ATTN_TOOLS_COMPILE_ABIHEADER_H
