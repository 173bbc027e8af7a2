//===- Errors.h - errors of the C API as Python exceptions ------*- C++ -*-===//

#ifndef ATTN_PYTHON_ERRORS_H
#define ATTN_PYTHON_ERRORS_H

#include "runtime/attn.h"

#include <nanobind/nanobind.h>

#include <string>

namespace attnpy {

/// Adds Error, ArgumentError and CompileError to the module.
void defineErrors(nanobind::module_ &module);

/// Raises the exception for `status`.
[[noreturn]] void raise(attn_status status, const std::string &message);

/// Raises ArgumentError "argument 'NAME': expected EXPECTED, but got GOT".
[[noreturn]] void refuse(const attn_arg_info &info, const std::string &expected, const std::string &got);

/// Raises the exception for `status` with the library's message, unless it is ATTN_OK.
inline void check(attn_status status) {
  if (status != ATTN_OK)
    raise(status, attn_last_error());
}

} // namespace attnpy

#endif // ATTN_PYTHON_ERRORS_H
