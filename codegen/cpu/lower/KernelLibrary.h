//===- KernelLibrary.h - micro-kernels of one module ------------*- C++ -*-===//
//
// Stages that need the same micro-kernel share one: each is generated when it is first asked for, under a name made of what it is.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_CODEGEN_CPU_LOWER_KERNELLIBRARY_H
#define ATTN_CODEGEN_CPU_LOWER_KERNELLIBRARY_H

#include "codegen/cpu/DecodeState.h"
#include "codegen/cpu/PanelKernel.h"
#include "codegen/cpu/PanelPack.h"
#include "dialect/AttnOps.h"
#include "llvm/ADT/StringMap.h"

namespace mlir::attn {

/// How scores of a kernel get their positions: constants of the views.
struct PositionConstants {
  int64_t group = 1;
  int64_t rowStep = 1;
  int64_t keyStep = 1;
};

/// What a score kernel does with its scores besides the product.
struct ScoreTreatment {
  /// Null where scores stay as they are.
  MapOp map;
  /// Null in guard-free tiles.
  RestrictOp restrict;
  PositionConstants positions;
};

/// Numbers that every score hook gets, in this order, in front of the region's captured values and the predicate's numbers.
struct PositionValues {
  Value batch, headBase, firstRow, origin, residue, keyBase;
  SmallVector<Value> toVector() const { return {batch, headBase, firstRow, origin, residue, keyBase}; }
};

class KernelLibrary {
public:
  KernelLibrary(ModuleOp module, const CpuMachine &machine) : module(module), machine(machine) {}

  const CpuMachine &getMachine() const { return machine; }

  func::FuncOp getPanelInit(const PanelKernelConfig &config, NormalizerAttrInterface normalizer);
  func::FuncOp getPanelKernel(PanelKernelConfig config, NormalizerAttrInterface normalizer, const ScoreTreatment &scores,
                              ArrayRef<Type> extraTypes);
  func::FuncOp getQueryPack(const PanelKernelConfig &config, Type storage, int64_t group);
  func::FuncOp getRowPack(const MatrixAtom &atom, Type storage, int64_t columns, int64_t keyTile);
  func::FuncOp getValuePack(const MatrixAtom &atom, Type storage, int64_t columns, int64_t keyTile);
  func::FuncOp getPanelStore(const PanelKernelConfig &config, NormalizerAttrInterface normalizer, const PanelStoreOptions &options);
  /// `func(accumulators, statistics, otherAccumulators, otherStatistics, c)`: merges the second state into the first.
  func::FuncOp getPanelMerge(const PanelKernelConfig &config, NormalizerAttrInterface normalizer);
  /// `func(batch, head, numbers..., firstRow, origin, keyBase, extent, firstVisible, endVisible) -> (first, end, isFull)`, see RowIntervals.h.
  func::FuncOp getRowIntervals(SegmentAttr segment, int64_t group, int64_t rows, int64_t keyTile, unsigned numNumbers);


  func::FuncOp getDecodeInit(const DecodeKernelConfig &config, NormalizerAttrInterface normalizer);
  func::FuncOp getDecodeQueryPack(const DecodeKernelConfig &config, int64_t group);
  func::FuncOp getDecodeKernel(DecodeKernelConfig config, NormalizerAttrInterface normalizer, const ScoreTreatment &scores,
                               ArrayRef<Type> extraTypes);
  func::FuncOp getDecodeStorePartial(const DecodeKernelConfig &config, NormalizerAttrInterface normalizer, int64_t group);
  func::FuncOp getRowMerge(int64_t width, NormalizerAttrInterface normalizer, const PanelStoreOptions &options);

private:
  /// The function for `key`, made by `create(name)` when it is first asked for.
  func::FuncOp getOrCreate(StringRef prefix, const Twine &key, llvm::function_ref<func::FuncOp(StringRef)> create);

  ModuleOp module;
  const CpuMachine &machine;
  llvm::StringMap<func::FuncOp> functions;
};

} // namespace mlir::attn

#endif // ATTN_CODEGEN_CPU_LOWER_KERNELLIBRARY_H
