//===- LowerStages.cpp - tiles to memory, stage by stage ------------------===//

#include "codegen/cpu/Passes.h"
#include "codegen/cpu/lower/StageLowering.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "runtime/attn_abi.h"

namespace mlir::attn {
#define GEN_PASS_DEF_LOWERSTAGESPASS
#include "codegen/cpu/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;
using namespace mlir::attn;

/// Lets the plan ask for the scratch memory that the stages turned out to need.
static void storeScratchBytes(func::FuncOp plan, int64_t bytes) {
  ImplicitLocOpBuilder b = ImplicitLocOpBuilder::atBlockBegin(plan.getLoc(), &plan.getBody().front());
  Type pointer = LLVM::LLVMPointerType::get(b.getContext());
  Value address = LLVM::GEPOp::create(b, pointer, b.getI8Type(), plan.getArgument(1),
                                      ArrayRef<LLVM::GEPArg>{int32_t(offsetof(attn_plan, scratch_bytes))});
  LLVM::StoreOp::create(b, LLVM::ConstantOp::create(b, b.getI64Type(), b.getI64IntegerAttr(bytes)), address);
}

namespace {
struct LowerStages : public attn::impl::LowerStagesPassBase<LowerStages> {
  void runOnOperation() override {
    SmallVector<func::FuncOp> stages;
    func::FuncOp plan;
    getOperation().walk([&](func::FuncOp function) {
      if (function->hasAttr("attn.stage"))
        stages.push_back(function);
      if (function->hasAttr("attn.plan"))
        plan = function;
    });
    if (stages.empty())
      return;
    auto target = stages.front()->getAttrOfType<TargetAttr>("attn.target");
    std::optional<CpuMachine> machine = target ? CpuMachine::lookup(target.getName()) : std::nullopt;
    if (!machine) {
      stages.front().emitOpError("expected 'attn.target' to name a CPU");
      return signalPassFailure();
    }
    KernelLibrary kernels(getOperation(), *machine);
    int64_t scratchBytes = 0;
    for (func::FuncOp stage : stages) {
      StageLowering lowering(stage, kernels);
      if (failed(lowering.run()))
        return signalPassFailure();
      scratchBytes = std::max(scratchBytes, lowering.getScratchBytes());
      stage->removeAttr("attn.target");
      stage->removeAttr("attn.argument_words");
    }
    if (plan) {
      storeScratchBytes(plan, scratchBytes);
      plan->removeAttr("attn.target");
      plan->setAttr("attn.scratch_bytes", IntegerAttr::get(IntegerType::get(&getContext(), 64), scratchBytes));
    }
  }
};
} // namespace
