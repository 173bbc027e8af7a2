//===- Target.h - which kernels this CPU can run ----------------*- C++ -*-===//

#ifndef ATTN_RUNTIME_TARGET_H
#define ATTN_RUNTIME_TARGET_H

#include "runtime/attn.h"

#include <string>

namespace attnrt {

/// Turns what a user asked for into a target's name: null, "" and "host" become attn_host_target(), "cuda:N" what device N is
/// ("cuda-9.0"). Refuses unknown names and targets that this CPU cannot run, naming what it lacks; names of GPUs are left to the
/// compiler.
attn_status resolveTarget(const char *asked, std::string &target);

/// ATTN_OK if this CPU can run kernels for `target`; else an error that begins with `what` ("kernel 'mistral'").
attn_status requireTarget(const std::string &what, const char *target);

} // namespace attnrt

#endif // ATTN_RUNTIME_TARGET_H
