//===- WarpgroupTiles.cpp - tiles of a warp-specialised kernel ------------===//

#include "codegen/nvptx/WarpgroupTiles.h"
#include "codegen/nvptx/GpuRates.h"

using namespace mlir;
using namespace mlir::attn;

/// Longest head of a product: its columns are those of one instruction.
static constexpr int64_t kMostColumns = 256;

static int64_t roundUpTo(int64_t value, int64_t multiple) { return (value + multiple - 1) / multiple * multiple; }

/// Registers that accumulators, scores and rounded weights of a thread take: 64 rows are spread over 128 threads.
static int64_t countTileRegisters(int64_t keys, int64_t valueDim) { return keys / 2 + keys / 4 + roundUpTo(valueDim, 16) / 2; }

/// What a consumer can give to them; the rest holds statistics, addresses and the operands of the moment.
static int64_t getTileRegisters(const WarpgroupTiles &tiles) { return tiles.getConsumerRegisters() - (tiles.consumers == 3 ? 32 : 42); }

std::optional<WarpgroupTiles> WarpgroupTiles::get(const GpuMachine &machine, int64_t rows, int64_t keys, int64_t queryDim, int64_t valueDim) {
  WarpgroupTiles tiles = {rows / kRows, keys, queryDim, valueDim};
  if (!machine.hasWarpgroups || std::max(queryDim, valueDim) > kMostColumns || tiles.getSharedBytes() > machine.sharedBytes ||
      countTileRegisters(keys, valueDim) > getTileRegisters(tiles))
    return std::nullopt;
  // Whole tiles of outputs are stored faster than pieces of rows; and the queries of the next tile should arrive while this one is computed.
  tiles.storesTiles = true;
  tiles.storesTiles = tiles.getSharedBytes() <= machine.sharedBytes;
  tiles.queryStages = 2;
  if (tiles.getSharedBytes() > machine.sharedBytes)
    tiles.queryStages = 1;
  return tiles;
}

int64_t WarpgroupTiles::getSharedTraffic() const {
  int64_t depth = roundUpTo(queryDim, 16), width = roundUpTo(valueDim, 16), keyNumbers = keys * (depth + width);
  return 2 * (consumers * (kRows * depth + keyNumbers) + keyNumbers);
}

/// Cycles of a multiprocessor for each row and key. The longest of products, exponentials and traffic of shared memory hides the others, the better
/// the more warpgroups take turns. What a tile costs beyond (waits, the first and last instructions of a group) is as long as the products of about 24
/// keys.
static double estimateCycles(const GpuRates &rates, const WarpgroupTiles &tiles) {
  constexpr double kExtraKeys = 24;
  double rows = tiles.getRows(), keys = tiles.keys;
  double depth = roundUpTo(tiles.queryDim, 16), width = roundUpTo(tiles.valueDim, 16);
  double products = (depth + width) / rates.products, exponentials = 1 / GpuRates::kExponentials;
  double shared = double(tiles.getSharedTraffic()) / GpuRates::kSharedBytes / (rows * keys);
  double longest = std::max({products, exponentials, shared});
  double exposed = (products + exponentials - std::max(products, exponentials)) / double(tiles.consumers);
  return (longest + exposed) * (keys + kExtraKeys) / keys;
}

std::optional<WarpgroupTiles> WarpgroupTiles::choose(const GpuMachine &machine, int64_t queryDim, int64_t valueDim) {
  std::optional<WarpgroupTiles> best;
  GpuRates rates = GpuRates::of(machine);
  // More than 128 keys were never faster: their scores leave the compiler no registers to overlap with.
  for (int64_t consumers : {2, 3})
    for (int64_t keys = 128; keys >= 32; keys -= 16)
      if (std::optional<WarpgroupTiles> tiles = get(machine, consumers * kRows, keys, queryDim, valueDim))
        if (!best || estimateCycles(rates, *tiles) < estimateCycles(rates, *best))
          best = tiles;
  return best;
}
