//===- CpuTiles.h - tile sizes on a CPU -------------------------*- C++ -*-===//

#ifndef ATTN_CODEGEN_CPU_CPUTILES_H
#define ATTN_CODEGEN_CPU_CPUTILES_H

#include "codegen/cpu/CpuMachine.h"
#include "dialect/Target.h"

namespace mlir::attn {

/// Tile sizes for an attention of this shape: as many panels share a loaded key tile as fit half of the second cache beside it.
TileChoice chooseCpuTiles(const CpuMachine &machine, const AttentionShape &shape);

} // namespace mlir::attn

#endif // ATTN_CODEGEN_CPU_CPUTILES_H
