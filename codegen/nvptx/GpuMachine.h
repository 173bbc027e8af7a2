//===- GpuMachine.h - what an NVIDIA target can do --------------*- C++ -*-===//

#ifndef ATTN_CODEGEN_NVPTX_GPUMACHINE_H
#define ATTN_CODEGEN_NVPTX_GPUMACHINE_H

#include "dialect/Target.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"

#include <optional>

namespace mlir::attn {

/// A compute capability and what it offers. A machine is a value; nothing here looks at a device.
struct GpuMachine {
  /// "sm_80", "sm_90a".
  llvm::StringRef name;
  /// What LLVM's TargetMachine is made with.
  llvm::StringRef llvmFeatures;
  /// Shared memory that one block may have, in bytes.
  int64_t sharedBytes;
  /// What of the second-level cache the keys and values may fill that neighbouring blocks read.
  int64_t cacheBytes;
  /// Fewest heads of a section of tasks that go from long ones to short ones. With few, some multiprocessors wait for the last long tasks of the last
  /// section; with this many, blocks that run at the same time still share the keys of a head.
  int64_t leastSection;
  /// Whether warpgroups multiply (wgmma) what TMA copies.
  bool hasWarpgroups;
  /// Whether a kernel can begin before the one has ended whose results it waits for.
  bool hasDependentLaunch;

  static constexpr int64_t kWarpThreads = 32;
  /// Rows of one matrix product of a warp (WarpProduct), and the depth of it.
  static constexpr int64_t kAtomRows = 16;
  static constexpr int64_t kAtomDepth = 16;

  /// Whether one matrix product, also of warpgroups, is enough for operands of this type.
  bool hasProduct(Type element) const { return element.isBF16() || element.isF16(); }

  static std::optional<GpuMachine> lookup(llvm::StringRef name);
  static llvm::ArrayRef<GpuMachine> machines();
};

/// Tiles of an attention: a row tile is the work of one block, a panel that of one of its warps or warpgroups.
TileChoice chooseGpuTiles(const GpuMachine &machine, const AttentionShape &shape);

} // namespace mlir::attn

#endif // ATTN_CODEGEN_NVPTX_GPUMACHINE_H
