//===- WarpgroupTiles.h - tiles of a warp-specialised kernel ----*- C++ -*-===//

#ifndef ATTN_CODEGEN_NVPTX_WARPGROUPTILES_H
#define ATTN_CODEGEN_NVPTX_WARPGROUPTILES_H

#include "codegen/nvptx/GpuMachine.h"
#include "codegen/nvptx/PanelTile.h"

namespace mlir::attn {

/// Sizes of a kernel in which one warpgroup fetches what the others, 64 rows each, compute with. The cost model chooses among them, and the
/// lowering lays out shared memory by them, so that what was chosen fits.
struct WarpgroupTiles {
  static constexpr int64_t kThreads = 128; // of a warpgroup
  static constexpr int64_t kWarps = 4;
  static constexpr int64_t kRows = 64;

  int64_t consumers, keys, queryDim, valueDim;
  int64_t queryStages = 1, keyStages = 2;
  /// Whether outputs pass through shared memory, from where TMA stores them.
  bool storesTiles = false;

  PanelTile getQueryTile() const { return {kRows, queryDim}; }
  PanelTile getKeyTile() const { return {keys, queryDim}; }
  PanelTile getValueTile() const { return {keys, valueDim}; }
  PanelTile getOutputTile() const { return {kRows, valueDim}; }
  int64_t getRows() const { return consumers * kRows; }
  int64_t getThreads() const { return (consumers + 1) * kThreads; }
  /// Registers of a thread that fetches, and of one that computes; multiples of 8.
  int64_t getProducerRegisters() const { return consumers == 3 ? 32 : 40; }
  int64_t getConsumerRegisters() const { return consumers == 3 ? 160 : 232; }

  /// Bytes of shared memory at which the parts begin, and of all together.
  int64_t getKeyOffset() const { return queryStages * consumers * getQueryTile().getBytes(); }
  int64_t getValueOffset() const { return getKeyOffset() + keyStages * getKeyTile().getBytes(); }
  int64_t getOutputOffset() const { return getValueOffset() + keyStages * getValueTile().getBytes(); }
  int64_t getBarrierOffset() const { return getOutputOffset() + (storesTiles ? consumers * getOutputTile().getBytes() : 0); }
  int64_t getSharedBytes() const { return getBarrierOffset() + kBarrierBytes; }

  /// Bytes that shared memory reads and writes for a key tile: a warpgroup reads its queries and all keys for the scores, and all values for the
  /// outputs; the copies write keys and values once.
  int64_t getSharedTraffic() const;

  /// The fastest tiles that fit; none where a head is too long.
  static std::optional<WarpgroupTiles> choose(const GpuMachine &machine, int64_t queryDim, int64_t valueDim);
  /// The tiles with this many rows and keys, with as many stages as fit.
  static std::optional<WarpgroupTiles> get(const GpuMachine &machine, int64_t rows, int64_t keys, int64_t queryDim, int64_t valueDim);

private:
  /// For barriers and the numbers of tasks.
  static constexpr int64_t kBarrierBytes = 512;
};

} // namespace mlir::attn

#endif // ATTN_CODEGEN_NVPTX_WARPGROUPTILES_H
