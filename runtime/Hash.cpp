//===- Hash.cpp - 128-bit hashes of data ----------------------------------===//

#include "runtime/Hash.h"

#include <cstdio>
#include <new>

#define XXH_INLINE_ALL
#include <xxhash.h>

using namespace attnrt;

static XXH3_state_t *stateOf(void *state) { return static_cast<XXH3_state_t *>(state); }

Hasher::Hasher() : state(XXH3_createState()) {
  if (!state)
    throw std::bad_alloc();
  XXH3_128bits_reset(stateOf(state));
}

Hasher::~Hasher() { XXH3_freeState(stateOf(state)); }

void Hasher::add(const void *data, size_t size) { XXH3_128bits_update(stateOf(state), data, size); }

void Hasher::addField(const void *data, size_t size) {
  uint64_t length = size;
  add(&length, sizeof length);
  add(data, size);
}

Hash Hasher::finish() const {
  XXH128_hash_t hash = XXH3_128bits_digest(stateOf(state));
  return {hash.low64, hash.high64};
}

std::string attnrt::toHex(const Hash &hash) {
  char text[33];
  std::snprintf(text, sizeof text, "%016llx%016llx", static_cast<unsigned long long>(hash[1]),
                static_cast<unsigned long long>(hash[0]));
  return text;
}
