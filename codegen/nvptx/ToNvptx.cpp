//===- ToNvptx.cpp - the phase target on an NVIDIA GPU --------------------===//

#include "codegen/lower/Lowering.h"
#include "codegen/lower/Passes.h"
#include "codegen/nvptx/Passes.h"
#include "dialect/AttnOps.h"
#include "mlir/Conversion/AffineToStandard/AffineToStandard.h"
#include "mlir/Conversion/ConvertToLLVM/ToLLVMPass.h"
#include "mlir/Conversion/NVVMToLLVM/NVVMToLLVM.h"
#include "mlir/Conversion/ReconcileUnrealizedCasts/ReconcileUnrealizedCasts.h"
#include "mlir/Conversion/SCFToControlFlow/SCFToControlFlow.h"
#include "mlir/Conversion/VectorToLLVM/ConvertVectorToLLVMPass.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/Transforms/Passes.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlow.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/MemRef/Transforms/Passes.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/UB/IR/UBOps.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Target/LLVMIR/Dialect/NVVM/NVVMToLLVMIRTranslation.h"
#include "mlir/Transforms/Passes.h"

namespace mlir::attn {
#define GEN_PASS_DEF_TONVPTXPASS
#include "codegen/nvptx/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;
using namespace mlir::attn;

void attn::registerNvptxCodegen(DialectRegistry &registry) {
  registerLowering(registry);
  registry.insert<NVVM::NVVMDialect>();
  registerConvertNVVMToLLVMInterface(registry);
  registerNVVMDialectTranslation(registry);
}

void attn::buildNvptxTargetPipeline(OpPassManager &passes) {
  passes.addPass(createOutlineStagesPass());
  passes.addPass(createCSEPass());
  passes.addPass(createLowerWarpsPass());
  passes.addPass(createMathToNvptxPass());
  passes.addPass(createCSEPass());
  arith::ArithExpandOpsPassOptions expand;
  passes.addPass(arith::createArithExpandOpsPass(expand));
  passes.addPass(createSCFToControlFlowPass());
  passes.addPass(memref::createExpandStridedMetadataPass());
  passes.addPass(createLowerAffinePass());
  passes.addPass(createConvertVectorToLLVMPass());
  passes.addPass(createConvertToLLVMPass());
  passes.addPass(createReconcileUnrealizedCastsPass());
  passes.addPass(createCSEPass());
  passes.addPass(createMarkKernelsPass());
}

namespace {
struct ToNvptx : public attn::impl::ToNvptxPassBase<ToNvptx> {
  void getDependentDialects(DialectRegistry &registry) const override {
    ToNvptxPassBase::getDependentDialects(registry);
    OpPassManager passes(ModuleOp::getOperationName());
    buildNvptxTargetPipeline(passes);
    passes.getDependentDialects(registry);
    registerNvptxCodegen(registry);
  }

  void runOnOperation() override {
    OpPassManager passes(ModuleOp::getOperationName());
    buildNvptxTargetPipeline(passes);
    if (failed(runPipeline(passes, getOperation())) || failed(verifyOnlyLLVM(getOperation(), NVVM::NVVMDialect::getDialectNamespace())))
      return signalPassFailure();
  }
};
} // namespace
