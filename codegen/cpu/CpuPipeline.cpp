//===- CpuPipeline.cpp - from upstream dialects to the LLVM dialect -------===//

#include "codegen/cpu/CpuPipeline.h"

#include "codegen/cpu/Passes.h"
#include "codegen/lower/Lowering.h"
#include "codegen/lower/Passes.h"
#include "mlir/Conversion/AffineToStandard/AffineToStandard.h"
#include "mlir/Conversion/ConvertToLLVM/ToLLVMPass.h"
#include "mlir/Conversion/ReconcileUnrealizedCasts/ReconcileUnrealizedCasts.h"
#include "mlir/Conversion/SCFToControlFlow/SCFToControlFlow.h"
#include "mlir/Conversion/VectorToLLVM/ConvertVectorToLLVMPass.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/Transforms/Passes.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlow.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/MemRef/Transforms/Passes.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/UB/IR/UBOps.h"
#include "mlir/Dialect/X86Vector/X86VectorDialect.h"
#include "mlir/Transforms/Passes.h"

namespace mlir::attn {

void registerCpuCodegen(DialectRegistry &registry) {
  registerLowering(registry);
  registry.insert<x86vector::X86VectorDialect>();
}

void buildCpuPipeline(OpPassManager &passes, const CpuMachine &machine) {
  ExpandMathPassOptions math;
  math.fma = machine.fma;
  math.scalef = machine.scalef;
  // f16c came after SSE4.1, which brought the rounding instructions: one level boundary separates both here.
  math.rounding = math.f16c = machine.f16c;
  passes.addPass(createExpandMathPass(math));
  arith::ArithExpandOpsPassOptions expand;
  // Eight instructions instead of one where the conversion is native.
  expand.includeBf16 = !machine.bf16Dot;
  passes.addPass(arith::createArithExpandOpsPass(expand));
  passes.addPass(createSCFToControlFlowPass());
  passes.addPass(memref::createExpandStridedMetadataPass());
  passes.addPass(createLowerAffinePass());
  ConvertVectorToLLVMPassOptions vector;
  vector.x86Vector = true;
  passes.addPass(createConvertVectorToLLVMPass(vector));
  passes.addPass(createConvertToLLVMPass());
  passes.addPass(createReconcileUnrealizedCastsPass());
  passes.addPass(createCSEPass());
}

void buildCpuTargetPipeline(OpPassManager &passes, const CpuMachine &machine) {
  passes.addPass(createOutlineStagesPass());
  passes.addPass(createLowerStagesPass());
  passes.addPass(createCSEPass());
  buildCpuPipeline(passes, machine);
}

} // namespace mlir::attn
