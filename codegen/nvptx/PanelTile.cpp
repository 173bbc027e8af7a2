//===- PanelTile.cpp - a tile as TMA writes and wgmma reads it ------------===//

#include "codegen/nvptx/PanelTile.h"
#include "codegen/nvptx/SharedTile.h"
#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace mlir::attn;

/// Descriptors count in units of 16 bytes.
static constexpr int64_t kUnit = 16;
static constexpr int64_t kAddressMask = 0x3fff;
static constexpr int64_t kLeadingShift = 16, kStrideShift = 32, kSwizzleShift = 62;
/// Eight rows of 128 bytes.
static constexpr int64_t kStrideBytes = 1024;
/// Bytes of the 16 columns of one product in a row, and of its 16 rows.
static constexpr int64_t kStepBytes = 32, kStepRowsBytes = 16 * PanelTile::kRowBytes;

Value PanelTile::buildDescriptorBase(ImplicitLocOpBuilder &b, Value address, bool isDepthInRows) const {
  Value units = arith::ShRUIOp::create(b, address, i32Constant(b, 4));
  units = arith::AndIOp::create(b, units, i32Constant(b, kAddressMask));
  // The distance of panels, where a product reads several; unused along the columns.
  int64_t leading = isDepthInRows ? getPanelBytes() / kUnit : 1;
  return arith::OrIOp::create(b, units, i32Constant(b, leading << kLeadingShift));
}

Value PanelTile::buildDescriptor(ImplicitLocOpBuilder &b, Value base, bool isDepthInRows, int64_t step) const {
  constexpr int64_t kStepsOfPanel = kPanelColumns / 16;
  int64_t bytes = isDepthInRows ? step * kStepRowsBytes : step / kStepsOfPanel * getPanelBytes() + step % kStepsOfPanel * kStepBytes;
  Value low = arith::AddIOp::create(b, base, i32Constant(b, bytes / kUnit));
  constexpr int64_t kHigh = int64_t(1) << kSwizzleShift | kStrideBytes / kUnit << kStrideShift;
  Value wide = arith::ExtUIOp::create(b, b.getI64Type(), low);
  return arith::OrIOp::create(b, wide, arith::ConstantOp::create(b, b.getI64IntegerAttr(kHigh)));
}
