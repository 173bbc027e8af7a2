//===- PanelKernel.h - one key tile against one panel of rows ---*- C++ -*-===//
//
// The kernel for many query rows. Its lanes are query rows: it computes S^T = K Q^T, so keys and values are read in their
// natural layout as broadcasts, no sum ever runs across lanes, and every statistic of a row is a lane of a vector.
//
//   for each block of keys   S[keys][rows] = K Q^T in registers; score hook, guard, running maximum; store to scratch
//   once                     normaliser's beginStep: new statistics, factor of the old accumulators
//   for each key             weights in place of the scores, their sum
//   for each block of e      O^T[e][rows] = rescale * O^T + V^T P, summed in registers
//
// The panel's buffers (Q^T, O^T, statistics, scores) stay in L1 and L2 while the caller walks key tiles.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_CODEGEN_CPU_PANELKERNEL_H
#define ATTN_CODEGEN_CPU_PANELKERNEL_H

#include "codegen/cpu/MatrixAtom.h"
#include "codegen/cpu/ScoreHook.h"
#include "dialect/AttnAttrs.h"

namespace mlir::attn {

/// The constants of one panel kernel.
struct PanelKernelConfig {
  PanelKernelConfig(const CpuMachine &machine, Type storage, int64_t keyDim, int64_t valueDim)
      : atom(machine, storage), keyDim(keyDim), valueDim(valueDim), block(machine.panelBlock) {}

  MatrixAtom atom;
  /// Head dimensions of keys and values; any positive numbers.
  int64_t keyDim, valueDim;
  /// Register block, and keys of one tile: a multiple of `block.keys` and of the pack factor.
  PanelBlock block;
  int64_t keyTile = CpuMachine::kKeyTile;
  /// Whether the function tests a key interval for each row.
  bool guarded = false;
  /// Element type of the tensors behind the next tile if that tile is to be prefetched, else null. It pays where a tile is used
  /// by one or two panels only: there it is memory that sets the pace.
  Type prefetch;
  /// Types of the values that the caller passes on to the score hook.
  SmallVector<Type> extraTypes;

  /// Rows of the panel.
  int64_t rows() const { return int64_t(block.vectors) * atom.getMachine().lanes; }
  /// Types of the buffers, all `kScratchAlignment` aligned.
  MemRefType queryPanelType() const;                                   // [ceil(keyDim / packFactor)][rows] x f32 lanes
  MemRefType accumulatorType() const;                                  // [valueDim][rows] x f32
  MemRefType statisticsType(NormalizerAttrInterface normalizer) const; // [numStatistics][rows] x f32
  MemRefType scoreType() const;                                        // [keyTile][rows] x f32
  MemRefType guardType() const;                                        // [rows] x i32
  /// Packed tiles: strided views, see TilePack.h.
  MemRefType tileViewType() const { return stridedView(2, atom.getOperandType()); }
};

/// Adds to `module`:
///
///   func.func private @name(keys, values, queryPanel, accumulators, statistics, scores, firstKey, endKey, c,
///                           [firstVisible, endVisible], [nextKeys, nextValues], extra...)
///
/// - keys: strided view [keyTile][keyDim rounded up to the pack factor], natural rows; zeros where there is no key.
/// - values: strided view; f32: [keyTile][valueDim]; bf16 pairs: [keyTile / 2][2 * valueDim], two keys' elements side by side.
/// - queryPanel, accumulators, statistics, scores: the buffers of PanelKernelConfig; `scores` is working memory.
/// - firstKey, endKey (index): the keys of the tile that are visited, multiples of block.keys. Padded keys must be hidden by
/// the guard.
/// - c (f32): turns scores into base-2 exponents: scale * log2(e), positive.
/// - firstVisible, endVisible (guarded only): for each row the interval of visible keys relative to the tile; may be empty.
/// - nextKeys, nextValues (with prefetch only): strided views of the tensors at the next tile; nothing is read from them.
func::FuncOp emitPanelKernel(ModuleOp module, llvm::StringRef name, const PanelKernelConfig &config,
                             NormalizerAttrInterface normalizer, ScoreHook scoreHook);

/// Adds `func.func private @name(accumulators, statistics)`, which sets them to the state before the first key.
func::FuncOp emitPanelInit(ModuleOp module, llvm::StringRef name, const PanelKernelConfig &config,
                           NormalizerAttrInterface normalizer);

} // namespace mlir::attn

#endif // ATTN_CODEGEN_CPU_PANELKERNEL_H
