//===- Passes.h - passes and phases -----------------------------*- C++ -*-===//

#ifndef ATTN_PASSES_PASSES_H
#define ATTN_PASSES_PASSES_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Pass/Pass.h"
#include "mlir/Pass/PassOptions.h"
#include <memory>

namespace mlir::attn {

#define GEN_PASS_DECL
#include "passes/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "passes/Passes.h.inc"

/// attn-normalize: spec to normalize.
void buildNormalizePipeline(OpPassManager &manager);
/// attn-tile: normalize to tile. Functions must carry `attn.target`.
void buildTilePipeline(OpPassManager &manager);
/// attn-schedule: tile to schedule.
void buildSchedulePipeline(OpPassManager &manager);

/// Registers the phases above as pipelines of these names.
void registerPhasePipelines();

} // namespace mlir::attn

#endif // ATTN_PASSES_PASSES_H
