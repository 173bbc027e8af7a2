//===- AttentionStages.h - the kernels of one attention ---------*- C++ -*-===//

#ifndef ATTN_PASSES_TILE_ATTENTIONSTAGES_H
#define ATTN_PASSES_TILE_ATTENTIONSTAGES_H

#include "passes/tile/RowTiles.h"

namespace mlir::attn {

/// Builds the family of kernels of one attention as `attn.parallel` loops: many rows in large or small tiles, split keys and their
/// combination, few rows and their combination. The run-time sizes pick one; no member is made for one length.
void buildAttentionStages(ImplicitLocOpBuilder &b, const AttentionStages &stages, const ResultMemory &results);

/// Builds the loop that merges finished results: `lhs` and `rhs` are (output, lse) pairs over disjoint keys.
void buildMergeStage(ImplicitLocOpBuilder &b, NormalizerAttrInterface normalizer, const ResultMemory &lhs, const ResultMemory &rhs,
                     Value exponent, int64_t rows, const ResultMemory &results);

} // namespace mlir::attn

#endif // ATTN_PASSES_TILE_ATTENTIONSTAGES_H
