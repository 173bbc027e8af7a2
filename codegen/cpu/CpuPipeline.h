//===- CpuPipeline.h - from upstream dialects to the LLVM dialect -*- C++ -*-===//

#ifndef ATTN_CODEGEN_CPU_CPUPIPELINE_H
#define ATTN_CODEGEN_CPU_CPUPIPELINE_H

#include "codegen/cpu/CpuMachine.h"
#include "mlir/Pass/PassManager.h"

namespace mlir::attn {

/// Registers the dialects, conversion interfaces and translations that `buildCpuPipeline` and ObjectEmitter.h need.
void registerCpuCodegen(DialectRegistry &registry);

/// Appends to a pass manager on modules what takes func, scf, cf, memref, arith, math, vector and x86vector operations to the
/// LLVM dialect for `machine`. Vectors must be one-dimensional and as long as the machine's registers, or a small multiple.
void buildCpuPipeline(OpPassManager &passes, const CpuMachine &machine);

/// The phase `target` on a CPU: from the schedule phase to the LLVM dialect.
void buildCpuTargetPipeline(OpPassManager &passes, const CpuMachine &machine);

} // namespace mlir::attn

#endif // ATTN_CODEGEN_CPU_CPUPIPELINE_H
