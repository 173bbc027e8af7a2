//===- Header.h - the C header of a bundle ----------------------*- C++ -*-===//

#ifndef ATTN_TOOLS_COMPILE_HEADER_H
#define ATTN_TOOLS_COMPILE_HEADER_H

#include "tools/attn-compile/Bundle.h"

namespace mlir::attn {

/// What the text of a header depends on.
struct HeaderFacts {
  std::string name;
  std::string compiler;
  std::string source;
  std::string entry;
  std::vector<std::string> targets;
  /// Ends the comment at the beginning.
  std::string remark;
  const Signature &signature;
};

/// A template with its placeholders replaced: $N is the bundle's name, $G the same in capitals, $V the compiler, $F the file and $E the function
/// of the description, $T the targets, $D the remark, $Y the symbols of sizes, $S the members of the argument block.
std::string expandTemplate(StringRef text, const HeaderFacts &facts);

/// The text of NAME.h: the argument block as a struct, and the functions that take it.
std::string makeHeader(const Bundle &bundle);

} // namespace mlir::attn

#endif // ATTN_TOOLS_COMPILE_HEADER_H
