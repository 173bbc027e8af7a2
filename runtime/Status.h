//===- Status.h - errors and warnings of the calling thread -----*- C++ -*-===//
//
// The C API reports errors as a code and a message kept for each thread. Functions of the library return the code and set the
// message in one go: `return fail(ATTN_CANNOT_READ, "cannot open '" + path + "'")`.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_RUNTIME_STATUS_H
#define ATTN_RUNTIME_STATUS_H

#include "runtime/attn.h"

#include <new>
#include <string>
#include <utility>

namespace attnrt {

/// Sets the calling thread's error message and returns `status`.
attn_status fail(attn_status status, std::string message);

/// Sets the calling thread's warning, and prints it if ATTN_VERBOSE is set to something other than 0; "" clears it.
void warn(std::string message);

/// Runs the body of a C API function: nothing is thrown into C.
template <typename Body> attn_status guarded(Body &&body) {
  try {
    return std::forward<Body>(body)();
  } catch (const std::bad_alloc &) {
    return fail(ATTN_OUT_OF_MEMORY, "out of memory");
  }
}

} // namespace attnrt

#endif // ATTN_RUNTIME_STATUS_H
