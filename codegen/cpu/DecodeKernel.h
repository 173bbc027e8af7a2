//===- DecodeKernel.h - one key tile against a few rows ---------*- C++ -*-===//
//
// The kernel for one to eight query rows. Such work is as fast as memory, so keys and values are streamed once, in address
// order, straight from the tensors. Lanes run along the head dimension; sums across lanes are taken for as many keys at a time
// as there are lanes.
//
//   for each `lanes` keys    per-lane partial products to scratch, then one tree of additions per row: a vector of scores;
//                            score hook, guard
//   for each row             normaliser's beginStep, weights in place of the scores, endStep
//   for each 32 keys         sums of weight times value, for as many rows at a time as registers hold
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_CODEGEN_CPU_DECODEKERNEL_H
#define ATTN_CODEGEN_CPU_DECODEKERNEL_H

#include "codegen/cpu/MatrixAtom.h"
#include "codegen/cpu/ScoreHook.h"
#include "dialect/AttnAttrs.h"

namespace mlir::attn {

/// The constants of one decode kernel.
struct DecodeKernelConfig {
  DecodeKernelConfig(const CpuMachine &machine, Type storage, int64_t keyDim, int64_t valueDim, int64_t rows)
      : atom(machine, storage), storage(storage), keyDim(keyDim), valueDim(valueDim), rows(rows) {}

  /// More rows are faster in the panel kernel.
  static constexpr int64_t kMaxRows = 8;

  MatrixAtom atom;
  /// Element type of keys and values as they lie in memory.
  Type storage;
  int64_t keyDim, valueDim;
  /// Query rows, 1 to kMaxRows.
  int64_t rows;
  /// Keys of one tile, a multiple of 32.
  int64_t keyTile = CpuMachine::kDecodeKeyTile;
  /// Whether the function tests a key interval for each row.
  bool guarded = false;
  /// Types of the values that the caller passes on to the score hook.
  SmallVector<Type> extraTypes;

  /// Elements that one register takes in: `lanes` times the pack factor.
  int64_t chunk() const { return int64_t(atom.getMachine().lanes) * atom.getPackFactor(); }
  /// Types of the buffers, all `kScratchAlignment` aligned.
  MemRefType queryType() const;                                        // [rows][keyDim up to a chunk, as 32-bit lanes]
  MemRefType accumulatorType() const;                                  // [rows][valueDim up to a chunk] x f32
  MemRefType statisticsType(NormalizerAttrInterface normalizer) const; // [numStatistics][rows] x f32
  MemRefType scoreType() const;                                        // [rows][keyTile] x f32
  MemRefType guardType() const;                                        // [rows] x i32
};

/// Adds to `module`:
///
///   func.func private @name(keys, values, queries, accumulators, statistics, scores, keyCount, c,
///                           [firstVisible, endVisible], extra...)
///
/// - keys, values: strided views [at least keyCount][keyDim], [..][valueDim] x storage, at the tile's first key. Nothing is
/// read
///   beyond `keyCount` rows, but lines up to 8 KiB further are prefetched.
/// - queries, accumulators, statistics, scores: the buffers of DecodeKernelConfig; `scores` is working memory.
/// - keyCount (index): keys of this tile, 0 to keyTile. c (f32): turns scores into base-2 exponents, positive.
/// - firstVisible, endVisible (guarded only): for each row the interval of visible keys relative to the tile; may be empty, and
/// may
///   reach beyond the tile.
func::FuncOp emitDecodeKernel(ModuleOp module, llvm::StringRef name, const DecodeKernelConfig &config,
                              NormalizerAttrInterface normalizer, ScoreHook scoreHook);

} // namespace mlir::attn

#endif // ATTN_CODEGEN_CPU_DECODEKERNEL_H
