//===- GpuMachine.cpp - what an NVIDIA target can do ----------------------===//

#include "codegen/nvptx/GpuMachine.h"
#include "codegen/nvptx/SharedTile.h"
#include "codegen/nvptx/StreamShape.h"
#include "codegen/nvptx/WarpProduct.h"
#include "codegen/nvptx/WarpgroupTiles.h"
#include "llvm/ADT/STLExtras.h"

using namespace mlir;
using namespace mlir::attn;

static constexpr GpuMachine kMachines[] = {{"sm_80", "+ptx80", 163 << 10, 20 << 20, 32, false, false},
                                           {"sm_90a", "+ptx80", 227 << 10, 32 << 20, 1, true, true}};

llvm::ArrayRef<GpuMachine> GpuMachine::machines() { return kMachines; }

std::optional<GpuMachine> GpuMachine::lookup(llvm::StringRef name) {
  const GpuMachine *found = llvm::find_if(kMachines, [&](const GpuMachine &machine) { return machine.name == name; });
  return found == std::end(kMachines) ? std::nullopt : std::optional<GpuMachine>(*found);
}

/// Rows of a block.
static constexpr int64_t kBlockRows = 128;

namespace {
struct WarpTile {
  int64_t rows, keys;
};
} // namespace

/// A thread holds a 32nd of the accumulators (rows x Dv) and of the scores (rows x keys), one register each.
static bool fitsRegisters(const WarpTile &tile, const AttentionShape &shape) {
  int64_t numbers = tile.rows * (shape.valueDim + tile.keys) / GpuMachine::kWarpThreads;
  return WarpProduct(shape.inputType).fitsRegisters(numbers, tile.rows / GpuMachine::kAtomRows);
}

/// With 32 rows a warp, two blocks share a multiprocessor, so that one computes while the other waits. With 16 the block has twice the warps, and
/// the multiprocessor for itself.
static bool fitsShared(const WarpTile &tile, const AttentionShape &shape, const GpuMachine &machine) {
  auto countBytes = [&](int64_t rows, int64_t columns) {
    return SharedTileShape{rows, columns, WarpProduct(shape.inputType).getElementBytes()}.getBytes();
  };
  int64_t bytes = countBytes(kBlockRows, shape.queryDim) + countBytes(tile.keys, shape.queryDim) + countBytes(tile.keys, shape.valueDim);
  int64_t blocks = tile.rows > GpuMachine::kAtomRows ? 2 : 1;
  return bytes <= machine.sharedBytes / blocks;
}

TileChoice attn::chooseGpuTiles(const GpuMachine &machine, const AttentionShape &shape) {
  std::optional<WarpgroupTiles> tiles;
  if (machine.hasProduct(shape.inputType))
    tiles = WarpgroupTiles::choose(machine, shape.queryDim, shape.valueDim);
  if (tiles) {
    TileChoice choice = {};
    choice.panelRows = WarpgroupTiles::kRows;
    // A box of queries is one of whole positions.
    choice.packedHeads = WarpgroupTiles::kRows % shape.group == 0 ? shape.group : 1;
    choice.keys = tiles->keys;
    choice.rows = tiles->getRows();
    choice.keyBlock = GpuMachine::kAtomDepth;
    chooseStreamTiles(choice, shape, machine.sharedBytes);
    return choice;
  }
  // Thirty-two rows a warp halve what is read from shared memory for each product; many keys make the work around the products rarer.
  constexpr WarpTile kTiles[] = {{32, 128}, {32, 64}, {32, 32}, {16, 128}, {16, 64}, {16, 32}, {16, 16}};
  const WarpTile *chosen =
      llvm::find_if(kTiles, [&](const WarpTile &tile) { return fitsRegisters(tile, shape) && fitsShared(tile, shape, machine); });
  // For very long rows the smallest tile spills, but is right.
  const WarpTile &tile = chosen == std::end(kTiles) ? *std::prev(chosen) : *chosen;
  TileChoice choice = {};
  choice.panelRows = tile.rows;
  choice.packedHeads = shape.group;
  choice.keys = tile.keys;
  choice.rows = kBlockRows;
  choice.keyBlock = GpuMachine::kAtomDepth;
  chooseStreamTiles(choice, shape, machine.sharedBytes);
  return choice;
}
