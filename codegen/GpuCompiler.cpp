//===- GpuCompiler.cpp - from text to a GPU kernel ------------------------===//

#include "codegen/GpuCompiler.h"
#include "codegen/nvptx/GpuMachine.h"
#include "codegen/nvptx/Passes.h"
#include "codegen/nvptx/PtxEmitter.h"
#include "mlir/Pass/PassManager.h"
#include "passes/Passes.h"

using namespace mlir;
using namespace mlir::attn;

static int64_t getNumber(LLVM::LLVMFuncOp function, StringRef name) { return function->getAttrOfType<IntegerAttr>(name).getInt(); }

/// Lists the kernels and erases everything but them, or everything but the plan.
static void takeKernels(ModuleOp module, CompiledGpuKernel &kernel) {
  for (auto function : llvm::make_early_inc_range(module.getOps<LLVM::LLVMFuncOp>())) {
    auto stage = function->getAttrOfType<StringAttr>("attn.stage");
    if (!stage) {
      function.erase();
      continue;
    }
    kernel.stages.push_back({stage.str(), function.getName().str(), getNumber(function, "attn.stage_number"), getNumber(function, "attn.alignment"),
                             getNumber(function, "attn.threads"), getNumber(function, "attn.shared_bytes"), 0, {}});
    GpuStage &added = kernel.stages.back();
    if (auto maps = function->getAttrOfType<ArrayAttr>("attn.maps")) {
      added.persistent = getNumber(function, "attn.persistent");
      for (auto map : maps.getAsRange<DenseI64ArrayAttr>())
        llvm::copy(map.asArrayRef(), added.maps.emplace_back().begin());
    }
    kernel.argumentBytes = getNumber(function, "attn.argument_words") * int64_t(sizeof(int64_t));
  }
}

static void takePlan(ModuleOp module) {
  for (Operation &op : llvm::make_early_inc_range(*module.getBody()))
    if (!op.hasAttr("attn.plan"))
      op.erase();
}

FailureOr<CompiledGpuKernel> attn::compileForGpu(OwningOpRef<ModuleOp> module, func::FuncOp entry, StringRef target, StringRef text, StringRef name) {
  FailureOr<PreparedKernel> prepared = prepareKernel(*module, entry, target, text, name);
  if (failed(prepared))
    return failure();
  std::optional<GpuMachine> machine = GpuMachine::lookup(target);
  if (!machine)
    return entry.emitError("expected the target to be a GPU, but got '") << target << "'", failure();
  CompiledGpuKernel kernel;
  kernel.identity = std::move(prepared->identity);
  kernel.signature = std::move(prepared->signature);

  PassManager manager(module->getContext(), ModuleOp::getOperationName());
#ifdef NDEBUG
  manager.enableVerifier(false);
#endif
  buildNormalizePipeline(manager);
  buildTilePipeline(manager);
  buildSchedulePipeline(manager);
  buildNvptxTargetPipeline(manager);
  if (failed(manager.run(*module)))
    return failure();
  OwningOpRef<ModuleOp> host = module->clone();
  takePlan(*host);
  takeKernels(*module, kernel);

  FailureOr<ObjectBytes> plan = emitObject(*host, CpuMachine::levels().front());
  FailureOr<std::string> ptx = emitPtx(*module, *machine);
  if (failed(plan) || failed(ptx))
    return failure();
  llvm::Expected<Assembled> assembled = assemblePtx(*ptx, *machine);
  if (!assembled)
    return module->emitError(llvm::toString(assembled.takeError())), failure();
  kernel.plan = std::move(*plan);
  kernel.ptx = std::move(*ptx);
  kernel.cubin = std::move(assembled->cubin);
  kernel.report = std::move(assembled->report);
  return kernel;
}
