//===- Status.cpp - errors and warnings of the calling thread -------------===//

#include "runtime/Status.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>

static thread_local std::string lastError;
static thread_local std::string lastWarning;

attn_status attnrt::fail(attn_status status, std::string message) {
  lastError = std::move(message);
  return status;
}

void attnrt::warn(std::string message) {
  lastWarning = std::move(message);
  const char *verbose = std::getenv("ATTN_VERBOSE");
  if (!lastWarning.empty() && verbose && *verbose && std::strcmp(verbose, "0"))
    std::fprintf(stderr, "attn: %s\n", lastWarning.c_str());
}

extern "C" const char *attn_last_error(void) { return lastError.c_str(); }

extern "C" const char *attn_last_warning(void) { return lastWarning.c_str(); }

extern "C" const char *attn_version(void) { return ATTN_VERSION; }
