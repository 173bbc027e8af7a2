//===- PanelTile.h - a tile as TMA writes and wgmma reads it ----*- C++ -*-===//
//
// Panels of 64 columns of 16-bit elements: the rows of a panel are 128 bytes apart, and the 16-byte chunks of a row are permuted by it
// (chunk ^ row % 8), which TMA and wgmma call a 128-byte swizzle.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_CODEGEN_NVPTX_PANELTILE_H
#define ATTN_CODEGEN_NVPTX_PANELTILE_H

#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace mlir::attn {

struct PanelTile {
  static constexpr int64_t kPanelColumns = 64;
  static constexpr int64_t kRowBytes = 128;

  int64_t rows, columns;

  int64_t getPanels() const { return (columns + kPanelColumns - 1) / kPanelColumns; }
  int64_t getPanelBytes() const { return rows * kRowBytes; }
  int64_t getBytes() const { return getPanels() * getPanelBytes(); }

  /// What descriptors of this tile at `address` (i32, in shared memory, a multiple of 1024) begin with (i32). Tiles that lie `bytes` further on have
  /// this number plus bytes / 16. `isDepthInRows`: whether products run along the rows (values) or along the columns (queries, keys).
  Value buildDescriptorBase(ImplicitLocOpBuilder &b, Value address, bool isDepthInRows) const;
  /// The descriptor (i64) of depths [16 * step, 16 * step + 16).
  Value buildDescriptor(ImplicitLocOpBuilder &b, Value base, bool isDepthInRows, int64_t step) const;
};

} // namespace mlir::attn

#endif // ATTN_CODEGEN_NVPTX_PANELTILE_H
