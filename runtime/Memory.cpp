//===- Memory.cpp - scratch and workspace of launches ---------------------===//

#include "runtime/Memory.h"
#include "runtime/attn_abi.h"

#include <cstdlib>

using namespace attnrt;

Block::~Block() { std::free(data); }

void *Block::reserve(int64_t bytes) {
  if (bytes <= capacity)
    return bytes > 0 ? data : nullptr;
  std::free(data);
  capacity = 0;
  if (posix_memalign(&data, ATTN_BLOCK_ALIGNMENT, static_cast<size_t>(bytes)))
    data = nullptr;
  else
    capacity = bytes;
  return data;
}

void Block::trim() {
  if (capacity <= kKept)
    return;
  std::free(data);
  data = nullptr;
  capacity = 0;
}
