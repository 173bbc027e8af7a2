//===- PanelPack.h - rows of queries and outputs <-> panels -----*- C++ -*-===//
//
// A panel holds consecutive *packed rows*: row r of a task belongs to head r mod group and position r div group of a view
// [group][position][dim]. So the query heads that share a key head lie side by side in the lanes and use a loaded key tile
// together.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_CODEGEN_CPU_PANELPACK_H
#define ATTN_CODEGEN_CPU_PANELPACK_H

#include "codegen/cpu/PanelKernel.h"

namespace mlir::attn {

/// Adds `func.func private @name(queries, queryPanel, firstRow, rowCount)`, which fills a panel with queries, transposed.
///
/// - queries: strided view [group][positions][keyDim] x storage.
/// - firstRow, rowCount (index): packed rows firstRow + 0 .. rowCount - 1, at least one and at most a panel. The panel's other
/// rows
///   become zeros.
func::FuncOp emitQueryPack(ModuleOp module, llvm::StringRef name, const PanelKernelConfig &config, Type storage, int64_t group);

/// What `emitPanelStore` writes besides the output.
struct PanelStoreOptions {
  /// The output's element type.
  Type output;
  int64_t group = 1;
  bool logSumExp = false;
  bool rowMax = false;
};

/// Adds `func.func private @name(accumulators, statistics, c, firstRow, rowCount, output, [logSumExp], [rowMax])`, which
/// finalises a panel and writes its rows.
///
/// - output: strided view [group][positions][valueDim]; logSumExp, rowMax: view [group][positions] x f32 with free strides, see
///   `rowStatisticView`.
func::FuncOp emitPanelStore(ModuleOp module, llvm::StringRef name, const PanelKernelConfig &config,
                            NormalizerAttrInterface normalizer, const PanelStoreOptions &options);

/// memref<?x?xf32> with free strides and offset.
MemRefType rowStatisticView(MLIRContext *context);

} // namespace mlir::attn

#endif // ATTN_CODEGEN_CPU_PANELPACK_H
