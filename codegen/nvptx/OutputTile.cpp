//===- OutputTile.cpp - results on their way to memory --------------------===//

#include "codegen/nvptx/OutputTile.h"
#include "codegen/nvptx/BarrierRing.h"
#include "codegen/nvptx/SharedTile.h"
#include "codegen/nvptx/TensorMaps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"

using namespace mlir;
using namespace mlir::attn;

static constexpr int64_t kChunkBytes = 16, kChunksOfRow = PanelTile::kRowBytes / kChunkBytes, kWarpRows = 16;

/// Lane l says where row l % 8 of matrix l / 8 goes; the four matrices are the quarters of a 16 x 16 block, rows first.
OutputTile::OutputTile(ImplicitLocOpBuilder &b, PanelTile tile, Value memory, Value warp, Value lane) : tile(tile), memory(memory) {
  Value row = arith::AndIOp::create(b, lane, i32Constant(b, kWarpRows - 1));
  Value inTile = arith::AddIOp::create(b, arith::MulIOp::create(b, warp, i32Constant(b, kWarpRows)), row);
  rowOffset = arith::MulIOp::create(b, inTile, i32Constant(b, PanelTile::kRowBytes));
  rowChunk = arith::AndIOp::create(b, row, i32Constant(b, kChunksOfRow - 1));
  laneChunk = arith::ShRUIOp::create(b, lane, i32Constant(b, 4));
}

void OutputTile::write(ImplicitLocOpBuilder &b, Type element, ArrayRef<ResultFragment> blocks) {
  for (size_t pair = 0; pair + 1 < blocks.size(); pair += 2) {
    // Blocks are as wide as a chunk.
    int64_t panel = pair / kChunksOfRow, first = pair % kChunksOfRow;
    Value chunk = arith::XOrIOp::create(b, arith::AddIOp::create(b, laneChunk, i32Constant(b, first)), rowChunk);
    Value offset = arith::AddIOp::create(b, rowOffset, arith::MulIOp::create(b, chunk, i32Constant(b, kChunkBytes)));
    Value place = offsetShared(b, memory, offset, panel * tile.getPanelBytes());
    NVVM::StMatrixOp::create(b, place, WarpProduct(element).roundToOperand(b, blocks[pair], blocks[pair + 1]),
                             NVVM::MMALayoutAttr::get(b.getContext(), NVVM::MMALayout::row), NVVM::LdStMatrixShapeAttr::get(b.getContext(), 8, 8),
                             NVVM::LdStMatrixEltTypeAttr::get(b.getContext(), NVVM::LdStMatrixEltType::B16));
  }
}

void OutputTile::store(ImplicitLocOpBuilder &b, Value map, llvm::function_ref<SmallVector<Value>(int64_t)> getCoordinates, Value predicate) {
  for (int64_t panel = 0; panel < tile.getPanels(); ++panel)
    buildBoxStore(b, offsetShared(b, memory, {}, panel * tile.getPanelBytes()), map, getCoordinates(panel * PanelTile::kPanelColumns), predicate);
  NVVM::CpAsyncBulkCommitGroupOp::create(b);
}

void OutputTile::waitUntilRead(ImplicitLocOpBuilder &b) { NVVM::CpAsyncBulkWaitGroupOp::create(b, b.getI32IntegerAttr(0), b.getUnitAttr()); }
