//===- Buffer.cpp - tensors that notice wrong accesses --------------------===//

#include "test/lib/attn-fuzz/Buffer.h"
#include "codegen/FloatFormats.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <sys/mman.h>
#include <unistd.h>

using namespace mlir::attn::fuzz;

/// Elements behind each row of a padded tensor.
static constexpr int64_t kPadding = 5;

static int64_t getBytes(Element element) { return element == Element::BF16 || element == Element::F16 ? 2 : 4; }

static std::vector<int64_t> getStrides(const std::vector<int64_t> &shape, Layout layout) {
  std::vector<int64_t> strides(shape.size(), 1);
  auto size = [&](size_t dim) { return std::max<int64_t>(shape[dim], 1); };
  if (shape.size() == 4 && layout == Layout::ByToken)
    return {size(1) * size(2) * size(3), size(3), size(1) * size(3), 1};
  for (size_t dim = shape.size(); dim-- > 1;)
    strides[dim - 1] = strides[dim] * size(dim) + (layout == Layout::Padded && dim == shape.size() - 1 ? kPadding : 0);
  return strides;
}

Buffer::Buffer(Element element, std::vector<int64_t> shape, Layout layout, bool guardBefore)
    : element(element), shape(std::move(shape)), strides(getStrides(this->shape, layout)), elementBytes(::getBytes(element)) {
  span = getNumElements() ? 1 : 0;
  for (size_t dim = 0; dim < strides.size() && span; ++dim)
    span += (this->shape[dim] - 1) * strides[dim];
  size_t page = sysconf(_SC_PAGE_SIZE), needed = (span * elementBytes + page - 1) / page * page;
  numBytes = needed + 2 * page;
  void *memory = mmap(nullptr, numBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED || mprotect(memory, page, PROT_NONE) || mprotect(static_cast<char *>(memory) + page + needed, page, PROT_NONE)) {
    std::perror("cannot get memory");
    std::exit(2);
  }
  pages = static_cast<unsigned char *>(memory);
  data = pages + page + (guardBefore ? 0 : needed - span * elementBytes);
  fillPattern(0xff);
}

Buffer::~Buffer() {
  if (pages)
    munmap(pages, numBytes);
}

Buffer::Buffer(Buffer &&other)
    : element(other.element), shape(std::move(other.shape)), strides(std::move(other.strides)), elementBytes(other.elementBytes),
      span(other.span), pages(other.pages), data(other.data), numBytes(other.numBytes) {
  other.pages = nullptr;
}

int64_t Buffer::getNumElements() const {
  int64_t count = 1;
  for (int64_t size : shape)
    count *= size;
  return count;
}

int64_t Buffer::getOffset(int64_t index) const {
  int64_t offset = 0;
  for (size_t dim = shape.size(); dim-- > 0; index /= shape[dim])
    offset += index % shape[dim] * strides[dim];
  return offset;
}

double Buffer::load(int64_t index) const {
  const unsigned char *place = data + getOffset(index) * elementBytes;
  if (element == Element::I32) {
    int32_t number;
    std::memcpy(&number, place, sizeof number);
    return number;
  }
  if (element == Element::F32) {
    float number;
    std::memcpy(&number, place, sizeof number);
    return number;
  }
  uint16_t bits;
  std::memcpy(&bits, place, sizeof bits);
  return element == Element::BF16 ? floatFromBF16(bits) : floatFromF16(bits);
}

void Buffer::store(int64_t index, double value) {
  unsigned char *place = data + getOffset(index) * elementBytes;
  if (element == Element::I32) {
    int32_t number = value;
    std::memcpy(place, &number, sizeof number);
    return;
  }
  float number = value;
  if (element == Element::F32) {
    std::memcpy(place, &number, sizeof number);
    return;
  }
  uint16_t bits = element == Element::BF16 ? floatToBF16(number) : floatToF16(number);
  std::memcpy(place, &bits, sizeof bits);
}

void Buffer::fillPattern(unsigned char pattern) { std::memset(data, pattern, span * elementBytes); }

bool Buffer::isPatternIntact(unsigned char pattern) const {
  std::vector<bool> used(span);
  for (int64_t n = 0, e = getNumElements(); n < e; ++n)
    used[getOffset(n)] = true;
  for (int64_t place = 0; place < span; ++place)
    for (int64_t byte = 0; byte < elementBytes && !used[place]; ++byte)
      if (data[place * elementBytes + byte] != pattern)
        return false;
  return true;
}

std::vector<unsigned char> Buffer::getBytes() const {
  std::vector<unsigned char> bytes(getNumElements() * elementBytes);
  for (int64_t n = 0, e = getNumElements(); n < e; ++n)
    std::memcpy(bytes.data() + n * elementBytes, data + getOffset(n) * elementBytes, elementBytes);
  return bytes;
}

void Buffer::protect() {
  size_t page = sysconf(_SC_PAGE_SIZE);
  mprotect(pages + page, numBytes - 2 * page, PROT_READ);
}

attn_value Buffer::getValue() const {
  static const attn_dtype types[] = {ATTN_F32, ATTN_BF16, ATTN_F16, ATTN_I32};
  attn_value value = attn_dense(data, types[int(element)], shape.size(), shape.data());
  for (size_t dim = 0; dim < strides.size(); ++dim)
    value.as.tensor.strides[dim] = strides[dim];
  return value;
}
