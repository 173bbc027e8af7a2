//===- Hash.h - 128-bit hashes of data --------------------------*- C++ -*-===//

#ifndef ATTN_RUNTIME_HASH_H
#define ATTN_RUNTIME_HASH_H

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

namespace attnrt {

using Hash = std::array<uint64_t, 2>;

/// XXH3-128 of data that comes in pieces.
class Hasher {
public:
  Hasher();
  ~Hasher();
  Hasher(const Hasher &) = delete;

  void add(const void *data, size_t size);
  /// Adds the length too, so that moving a byte from one field to the next changes the hash.
  void addField(const void *data, size_t size);
  Hash finish() const;

private:
  void *state; // XXH3_state_t, which xxhash.h declares under several names
};

/// 32 hexadecimal digits.
std::string toHex(const Hash &hash);

} // namespace attnrt

#endif // ATTN_RUNTIME_HASH_H
