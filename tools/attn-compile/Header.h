//===- Header.h - the C header of a bundle ----------------------*- C++ -*-===//

#ifndef ATTN_TOOLS_COMPILE_HEADER_H
#define ATTN_TOOLS_COMPILE_HEADER_H

#include "tools/attn-compile/Bundle.h"

namespace mlir::attn {

/// The text of NAME.h: the argument block as a struct, and the functions that take it.
std::string makeHeader(const Bundle &bundle);

} // namespace mlir::attn

#endif // ATTN_TOOLS_COMPILE_HEADER_H
