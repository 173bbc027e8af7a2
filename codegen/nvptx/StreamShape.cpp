//===- StreamShape.cpp - how few rows are spread over a block -------------===//

#include "codegen/nvptx/StreamShape.h"
#include "codegen/nvptx/GpuRates.h"
#include "codegen/nvptx/SharedTile.h"
#include "llvm/Support/MathExtras.h"
#include <algorithm>

using namespace mlir;
using namespace mlir::attn;

/// Rows and depth of a matrix product of a warp, and threads of a warp.
static constexpr int64_t kAtomRows = 16, kAtomDepth = 16;
static constexpr int64_t kWarpThreads = 32;
static constexpr int64_t kMostWarps = 4;
/// Registers of a thread that the places of a ring, and what is known of its warp, take.
static constexpr int64_t kRingRegisters = 24;
/// Keys and values of a ring: two blocks on a multiprocessor then keep more than enough on its way.
static constexpr int64_t kRingBytes = 96 << 10;
static constexpr int64_t kMostRingTiles = 4;
/// Statistics of a row of any normaliser, at most.
static constexpr int64_t kMostStatistics = 4;
/// The device that chunks are made for: results must not depend on the one that is there.
static constexpr int64_t kMultiprocessors = 132;
static constexpr int64_t kMultiprocessorBytes = 228 << 10;
static constexpr int64_t kMostResident = 2;

int64_t StreamShape::getWarpRows() const {
  // Thirty-two rows halve what is read from shared memory.
  bool fits = product.fitsRegisters(valueDim + keys / 2 + kRingRegisters, 2);
  return rows == kAtomRows || !fits ? kAtomRows : 2 * kAtomRows;
}

int64_t StreamShape::countResults() const { return getWarpRows() * (valueDim + getWarpKeys()) / kWarpThreads; }

int64_t StreamShape::getKeyWarps() const { return std::min(kMostWarps / getRowWarps(), keys / kAtomDepth); }

/// A thread has one result of 32, and its share of each operand of 16 columns.
bool StreamShape::keepsQueries() const {
  int64_t rowBlocks = getWarpRows() / kAtomRows, queries = rowBlocks * keyDim * product.countRegisters() / kAtomDepth;
  return product.fitsRegisters(countResults() + queries + kRingRegisters, rowBlocks);
}

bool StreamShape::wantsFewerKeys() const {
  return getWarpKeys() > kAtomDepth && !product.fitsRegisters(countResults(), getWarpRows() / kAtomRows);
}

int64_t StreamShape::getRingTiles() const { return std::clamp<int64_t>(kRingBytes / getTileBytes(), 2, kMostRingTiles); }

int64_t StreamShape::getColumnBlocks() const {
  int64_t blocks = llvm::divideCeil(valueDim, 16) * 2;
  return llvm::alignTo(blocks, getKeyWarps());
}

int64_t StreamShape::getStateBytes() const {
  int64_t fragmentBytes = kWarpThreads * 4 * int64_t(sizeof(float)), fragments = getWarpRows() / kAtomRows * getColumnBlocks();
  int64_t rowsOfThread = getWarpRows() / 8;
  return fragments * fragmentBytes + rowsOfThread * kMostStatistics * kWarpThreads * int64_t(sizeof(float));
}

int64_t StreamShape::getSharedBytes() const {
  return getQueryTile().getBytes() + std::max(getRingTiles() * getTileBytes(), getKeyWarps() > 1 ? getWarps() * getStateBytes() : 0);
}

/// Chunks that fill the device once, and are worth it: the state of a chunk, written and read once, takes as long as eight keys of each row.
static StreamTile makeTile(const StreamShape &stream, int64_t leastChunk) {
  int64_t resident = std::clamp<int64_t>(kMultiprocessorBytes / (stream.getSharedBytes() + GpuRates::kReservedBytes), 1, kMostResident);
  return {stream.rows, stream.keys, leastChunk, resident * kMultiprocessors};
}

void attn::chooseStreamTiles(TileChoice &tiles, const AttentionShape &shape, int64_t sharedBytes) {
  constexpr struct {
    int64_t rows, leastChunk;
  } kTiles[] = {{16, 256}, {64, 512}};
  constexpr int64_t kKeys[] = {64, 32, 16};
  for (int64_t number = 0; number < 2; ++number) {
    const auto &[rows, leastChunk] = kTiles[number];
    for (int64_t keys : kKeys) {
      StreamShape stream = {rows, keys, shape.queryDim, shape.valueDim, WarpProduct(shape.inputType)};
      // Longer rows have shorter tiles; where no ring is short enough, the kernel for many rows takes few ones too.
      if (stream.getSharedBytes() <= sharedBytes)
        tiles.streams[number] = makeTile(stream, leastChunk);
      if (tiles.streams[number].rows && !stream.wantsFewerKeys())
        break;
    }
  }
  // Half of the multiprocessors idle: smaller tiles with chunks of keys are faster.
  tiles.fewTasks = kMultiprocessors / 2;
}
