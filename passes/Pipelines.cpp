//===- Pipelines.cpp - the phases as pipelines ----------------------------===//

#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassRegistry.h"
#include "mlir/Transforms/Passes.h"
#include "passes/Passes.h"

using namespace mlir;
using namespace mlir::attn;

static void addVerification(OpPassManager &manager, StringRef phase) {
  VerifyPhaseOptions options;
  options.phase = phase.str();
  manager.addNestedPass<func::FuncOp>(createVerifyPhase(options));
}

void attn::buildNormalizePipeline(OpPassManager &manager) {
  manager.addPass(createInlinerPass());
  addVerification(manager, "spec");
  manager.addNestedPass<func::FuncOp>(createMaterializeDefaults());
  manager.addNestedPass<func::FuncOp>(createConvertToOnline());
  manager.addPass(createCanonicalizerPass());
  manager.addPass(createCSEPass());
  addVerification(manager, "normalize");
}

void attn::buildTilePipeline(OpPassManager &manager) {
  manager.addNestedPass<func::FuncOp>(createTileFunctions());
  manager.addPass(createCanonicalizerPass());
  manager.addPass(createCSEPass());
  addVerification(manager, "tile");
}

void attn::buildSchedulePipeline(OpPassManager &manager) {
  manager.addNestedPass<func::FuncOp>(createStartProducts());
  manager.addNestedPass<func::FuncOp>(createSplitPanels());
  manager.addNestedPass<func::FuncOp>(createPackOperands());
  manager.addNestedPass<func::FuncOp>(createOrderTasks());
  manager.addPass(createCSEPass());
  addVerification(manager, "schedule");
}

void attn::registerPhasePipelines() {
  PassPipelineRegistration<>("attn-normalize", "phase normalize: canonical form of a description", buildNormalizePipeline);
  PassPipelineRegistration<>("attn-tile", "phase tile: loops over tiles", buildTilePipeline);
  PassPipelineRegistration<>("attn-schedule", "phase schedule: sub-tiles, nest and packed operands", buildSchedulePipeline);
}
