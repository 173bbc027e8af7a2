//===- Arguments.h - from a caller's values to an argument block -*- C++ -*-===//

#ifndef ATTN_RUNTIME_ARGUMENTS_H
#define ATTN_RUNTIME_ARGUMENTS_H

#include "runtime/attn.h"

#include <vector>

namespace attnrt {

/// What is checked, and what an argument block holds.
enum class ArgumentSet {
  All,   ///< every argument, with its data
  Inputs ///< sizes of input tensors, and scalars; outputs stay zero
};

/// The argument block of a kernel, as attn_abi.h describes it.
using ArgumentBlock = std::vector<int64_t>;

/// Checks kinds, dtypes, ranks and the ranges of scalars of `values`, `count` of them, and writes them to `block`.
attn_status packArguments(const attn_kernel *kernel, const attn_value *values, int32_t count, ArgumentSet set,
                          ArgumentBlock &block);

/// Whether no output begins where another tensor does: whoever passes one tensor twice would read what the kernel has already overwritten.
attn_status checkDistinct(const attn_kernel *kernel, const attn_value *values);

/// "f32", "bf16", ...; "unknown" for other numbers.
const char *dtypeName(int32_t dtype);

} // namespace attnrt

#endif // ATTN_RUNTIME_ARGUMENTS_H
