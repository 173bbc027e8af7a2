//===- ToCpu.cpp - the phase target on a CPU ------------------------------===//

#include "codegen/cpu/CpuPipeline.h"
#include "codegen/cpu/Passes.h"
#include "codegen/lower/Lowering.h"
#include "dialect/AttnOps.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace mlir::attn {
#define GEN_PASS_DEF_TOCPUPASS
#include "codegen/cpu/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;
using namespace mlir::attn;

/// The one target that the functions of a module carry.
static FailureOr<TargetAttr> findTarget(ModuleOp module) {
  TargetAttr target;
  for (auto function : module.getOps<func::FuncOp>()) {
    auto own = function->getAttrOfType<TargetAttr>("attn.target");
    if (!own)
      continue;
    if (target && own != target)
      return function.emitOpError("expected one target for all functions of a module, but got ") << target << " and " << own,
             failure();
    target = own;
  }
  if (!target)
    return module.emitOpError("expected a function with the attribute 'attn.target' = #attn.target<...>"), failure();
  if (failed(cast<TargetAttrInterface>(target).verifyTarget([&] { return module.emitOpError(); })))
    return failure();
  if (!CpuMachine::lookup(target.getName()))
    return module.emitOpError("expected the target to be a CPU, but got '") << target.getName() << "'", failure();
  return target;
}

namespace {
struct ToCpu : public attn::impl::ToCpuPassBase<ToCpu> {
  void getDependentDialects(DialectRegistry &registry) const override {
    ToCpuPassBase::getDependentDialects(registry);
    // The passes are the same for every level.
    OpPassManager passes(ModuleOp::getOperationName());
    buildCpuTargetPipeline(passes, CpuMachine::levels().front());
    passes.getDependentDialects(registry);
  }

  void runOnOperation() override {
    FailureOr<TargetAttr> target = findTarget(getOperation());
    if (failed(target))
      return signalPassFailure();
    OpPassManager passes(ModuleOp::getOperationName());
    buildCpuTargetPipeline(passes, *CpuMachine::lookup(target->getName()));
    if (failed(runPipeline(passes, getOperation())) || failed(verifyOnlyLLVM(getOperation())))
      signalPassFailure();
  }
};
} // namespace
