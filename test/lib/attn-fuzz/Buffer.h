//===- Buffer.h - tensors that notice wrong accesses ------------*- C++ -*-===//

#ifndef ATTN_TEST_FUZZ_BUFFER_H
#define ATTN_TEST_FUZZ_BUFFER_H

#include "runtime/attn.h"
#include "test/lib/attn-fuzz/Case.h"

#include <functional>
#include <vector>

namespace mlir::attn::fuzz {

/// A strided tensor in pages of its own, with a page that cannot be accessed before its first or behind its last byte. Bytes that belong
/// to no element hold a pattern.
class Buffer {
public:
  /// Fails where memory cannot be had: exits.
  Buffer(Element element, std::vector<int64_t> shape, Layout layout, bool guardBefore);
  ~Buffer();
  Buffer(Buffer &&other);
  Buffer(const Buffer &) = delete;

  int64_t getNumElements() const;
  /// The element with number `index` of the dense tensor.
  double load(int64_t index) const;
  /// Rounds to the element type.
  void store(int64_t index, double value);
  /// Fills elements and everything else with a pattern: NaN in every float type.
  void fillPattern(unsigned char pattern);
  /// Whether the bytes that belong to no element hold the pattern.
  bool isPatternIntact(unsigned char pattern) const;
  /// The bytes of all elements.
  std::vector<unsigned char> getBytes() const;
  /// Writing becomes a crash.
  void protect();

  attn_value getValue() const;
  const std::vector<int64_t> &getShape() const { return shape; }

private:
  int64_t getOffset(int64_t index) const;

  Element element;
  std::vector<int64_t> shape, strides;
  int64_t elementBytes, span;
  unsigned char *pages, *data;
  size_t numBytes;
};

} // namespace mlir::attn::fuzz

#endif // ATTN_TEST_FUZZ_BUFFER_H
