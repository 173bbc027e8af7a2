//===- GpuLauncher.h - the C side of a bundle for GPUs ----------*- C++ -*-===//

#ifndef ATTN_TOOLS_COMPILE_GPULAUNCHER_H
#define ATTN_TOOLS_COMPILE_GPULAUNCHER_H

#include "tools/attn-compile/Header.h"

namespace mlir::attn {

/// The text of NAME.h for GPUs: the argument block as a struct, and the functions of the launcher.
std::string makeGpuHeader(const HeaderFacts &facts);

/// The text of NAME.c, the launcher.
std::string makeGpuLauncher(const HeaderFacts &facts);

} // namespace mlir::attn

#endif // ATTN_TOOLS_COMPILE_GPULAUNCHER_H
