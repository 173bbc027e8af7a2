//===- CpuTiles.cpp - tile sizes on a CPU ---------------------------------===//

#include "codegen/cpu/CpuTiles.h"
#include "codegen/cpu/DecodeKernel.h"
#include <algorithm>

using namespace mlir;
using namespace mlir::attn;

/// Panels of a large row tile: more no longer pay, fewer load each key tile too often.
static constexpr int64_t kMostPanels = 12;
/// Panels of a row tile where there are few tasks.
static constexpr int64_t kSmallPanels = 4;
/// Key tiles of a chunk where the keys are split: long enough that the merge does not show.
static constexpr int64_t kTilesPerChunk = 16;

TileChoice attn::chooseCpuTiles(const CpuMachine &machine, const AttentionShape &shape) {
  int64_t panelRows = machine.panelRows();
  // A panel's queries and accumulator, in f32 lanes.
  int64_t panelBytes = panelRows * (shape.queryDim + shape.valueDim) * int64_t(sizeof(float));
  int64_t panels = std::clamp<int64_t>(machine.l2Bytes() / 2 / panelBytes, 1, kMostPanels);
  TileChoice tiles;
  tiles.packedHeads = shape.group;
  tiles.panelRows = panelRows;
  tiles.rows = panels * panelRows;
  tiles.smallRows = std::min(panels, kSmallPanels) * panelRows;
  tiles.keys = CpuMachine::kKeyTile;
  tiles.keyBlock = machine.panelBlock.keys;
  tiles.splitKeys = kTilesPerChunk * tiles.keys;
  // A tile of a panel's rows is a panel.
  tiles.fewRows = std::min(DecodeKernelConfig::kMaxRows, panelRows - 1);
  tiles.fewRowsKeys = CpuMachine::kDecodeKeyTile;
  return tiles;
}
