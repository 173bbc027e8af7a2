//===- TensorMaps.cpp - tensors as TMA sees them --------------------------===//

#include "codegen/nvptx/TensorMaps.h"
#include "codegen/nvptx/SharedTile.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace mlir::attn;

/// Chosen by the kernel.
static constexpr int64_t kAnyPhase = -1;

/// The number of the argument that a memory is; see attn-outline-stages.
static std::optional<int64_t> findArgument(Value memory) {
  Operation *source = memory.getDefiningOp();
  auto number = source ? source->getAttrOfType<IntegerAttr>("attn.argument") : IntegerAttr();
  return number ? std::optional<int64_t>(number.getInt()) : std::nullopt;
}

static int64_t getPhase(int64_t step, Value phase) {
  APInt number;
  if (step == 1)
    return 0;
  return matchPattern(phase, m_ConstantInt(&number)) && number.getSExtValue() >= 0 && number.getSExtValue() < step ? number.getSExtValue() : kAnyPhase;
}

static TensorMap describe(QueryViewOp view, int64_t rows) {
  return {*findArgument(view.getSource()), int64_t(view.getGroup()), int64_t(view.getStep()), getPhase(view.getStep(), view.getFirst()), rows};
}

static TensorMap describe(KeyViewOp view, int64_t rows) {
  return {*findArgument(view.getSource()), 1, int64_t(view.getStep()), getPhase(view.getStep(), view.getPhase()), rows};
}

static bool hasWholeChunks(ViewType type) { return type.getFeatures() * type.getElementType().getIntOrFloatBitWidth() % 128 == 0; }

bool TensorMaps::canMap(QueryViewOp view, int64_t rows) {
  if (!findArgument(view.getSource()) || !hasWholeChunks(view.getView().getType()))
    return false;
  // Five dimensions hold an interleaving of heads or one of rows.
  TensorMap map = describe(view, rows);
  return map.group == 1 || (rows % map.group == 0 && map.step == 1);
}

bool TensorMaps::canMap(KeyViewOp view) { return findArgument(view.getSource()) && hasWholeChunks(view.getView().getType()); }

unsigned TensorMaps::add(const TensorMap &map) {
  auto found = llvm::find(maps, map);
  unsigned number = found - maps.begin();
  if (found == maps.end())
    maps.push_back(map);
  return number;
}

unsigned TensorMaps::add(QueryViewOp view, int64_t rows) { return add(describe(view, rows)); }
unsigned TensorMaps::add(KeyViewOp view, int64_t rows) { return add(describe(view, rows)); }

static Value truncate(ImplicitLocOpBuilder &b, Value index) { return arith::IndexCastOp::create(b, b.getI32Type(), index); }

static SmallVector<Value> buildCoordinates(ImplicitLocOpBuilder &b, const TensorMap &map, Value phase, Value row, Value head, Value batch, int64_t column) {
  SmallVector<Value> coordinates = {i32Constant(b, column)};
  if (map.group > 1)
    llvm::append_range(coordinates, ValueRange{i32Constant(b, 0), arith::DivUIOp::create(b, row, i32Constant(b, map.group))});
  else if (map.phase == kAnyPhase)
    llvm::append_range(coordinates, ValueRange{truncate(b, phase), row});
  else
    coordinates.push_back(row);
  llvm::append_range(coordinates, ValueRange{truncate(b, head), truncate(b, batch)});
  return coordinates;
}

SmallVector<Value> attn::buildBoxCoordinates(ImplicitLocOpBuilder &b, QueryViewOp view, Value row, int64_t column) {
  return buildCoordinates(b, describe(view, 0), view.getFirst(), row, view.getHead(), view.getBatch(), column);
}

SmallVector<Value> attn::buildBoxCoordinates(ImplicitLocOpBuilder &b, KeyViewOp view, Value row, int64_t column) {
  return buildCoordinates(b, describe(view, 0), view.getPhase(), row, view.getHead(), view.getBatch(), column);
}

void attn::buildBoxCopy(ImplicitLocOpBuilder &b, Value target, Value map, ValueRange coordinates, Value barrier) {
  auto cluster = LLVM::LLVMPointerType::get(b.getContext(), unsigned(NVVM::NVVMMemorySpace::SharedCluster));
  Value destination = LLVM::AddrSpaceCastOp::create(b, cluster, target);
  NVVM::CpAsyncBulkTensorGlobalToSharedClusterOp::create(b, destination, map, coordinates, barrier, ValueRange(), Value(), Value(),
                                                         NVVM::TMALoadMode::TILE, /*isCTAOnly=*/false, NVVM::CTAGroupKindAttr(), Value());
}

void attn::buildBoxStore(ImplicitLocOpBuilder &b, Value source, Value map, ValueRange coordinates, Value predicate) {
  NVVM::CpAsyncBulkTensorSharedCTAToGlobalOp::create(b, map, source, coordinates, Value(), NVVM::TMAStoreMode::TILE, predicate);
}
