//===- Memory.h - scratch and workspace of launches -------------*- C++ -*-===//

#ifndef ATTN_RUNTIME_MEMORY_H
#define ATTN_RUNTIME_MEMORY_H

#include <cstddef>
#include <cstdint>

namespace attnrt {

/// A block aligned to ATTN_BLOCK_ALIGNMENT that grows when needed. A launching thread keeps one of each kind between its calls,
/// so that a decoding step does not pay for page faults; `trim` gives back what is too large to be kept.
class Block {
public:
  Block() = default;
  Block(const Block &) = delete;
  ~Block();

  /// At least `bytes` bytes with undefined contents; null if there is not that much memory. Null for 0.
  void *reserve(int64_t bytes);
  /// Frees the block if it is larger than kKept.
  void trim();

  static constexpr int64_t kKept = int64_t(32) << 20;

private:
  void *data = nullptr;
  int64_t capacity = 0;
};

} // namespace attnrt

#endif // ATTN_RUNTIME_MEMORY_H
