//===- DecodeState.h - begin, end and merge rows ----------------*- C++ -*-===//
//
// What surrounds the decode kernel, and the merge of partial results, which serves panels as well. Rows are packed rows: see
// PanelPack.h.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_CODEGEN_CPU_DECODESTATE_H
#define ATTN_CODEGEN_CPU_DECODESTATE_H

#include "codegen/cpu/DecodeKernel.h"
#include "codegen/cpu/PanelPack.h"

namespace mlir::attn {

/// Adds `func.func private @name(queries, packed, firstRow)`, which packs the queries of rows firstRow + 0 .. rows - 1.
///
/// - queries: strided view [group][positions][keyDim] x storage; packed: DecodeKernelConfig::queryType.
func::FuncOp emitDecodeQueryPack(ModuleOp module, llvm::StringRef name, const DecodeKernelConfig &config, int64_t group);

/// Adds `func.func private @name(accumulators, statistics)`, which sets them to the state before the first key.
func::FuncOp emitDecodeInit(ModuleOp module, llvm::StringRef name, const DecodeKernelConfig &config,
                            NormalizerAttrInterface normalizer);

/// Adds `func.func private @name(accumulators, statistics, firstRow, partialOutputs, partialStatistics)`, which writes the
/// state of the rows as it is, for the merge.
///
/// - partialOutputs: strided view [group][positions][valueDim] x f32; partialStatistics: [group][positions][numStatistics] x f32.
func::FuncOp emitDecodeStorePartial(ModuleOp module, llvm::StringRef name, const DecodeKernelConfig &config,
                                    NormalizerAttrInterface normalizer, int64_t group);

/// Adds `func.func private @name(partialOutputs, partialStatistics, parts, c, firstRow, rowCount, output, [logSumExp],
/// [rowMax])`, which merges `parts` (index, at least one) states of each row, in order, and finalises them.
///
/// - partialOutputs: strided view [parts][group][positions][valueDim] x f32; partialStatistics: [parts][group][positions]
///   [numStatistics] x f32; the destinations are those of `emitPanelStore`.
func::FuncOp emitMerge(ModuleOp module, llvm::StringRef name, const CpuMachine &machine, int64_t valueDim,
                       NormalizerAttrInterface normalizer, const PanelStoreOptions &options);

} // namespace mlir::attn

#endif // ATTN_CODEGEN_CPU_DECODESTATE_H
