//===- GpuCompiler.cpp - from text to a GPU kernel ------------------------===//

#include "codegen/GpuCompiler.h"
#include "codegen/nvptx/Assembler.h"
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
                             getNumber(function, "attn.threads"), getNumber(function, "attn.shared_bytes")});
    if (function->hasAttr("attn.persistent"))
      kernel.stages.back().persistent = getNumber(function, "attn.persistent");
    kernel.stages.back().isDependent = function->hasAttr("attn.dependent");
    if (auto maps = function->getAttrOfType<ArrayAttr>("attn.tensor_maps"))
      for (auto map : maps.getAsRange<DenseI64ArrayAttr>())
        kernel.stages.back().maps.push_back({map[0], map[1], map[2], map[3], map[4], map[5]});
    kernel.argumentBytes = getNumber(function, "attn.argument_words") * int64_t(sizeof(int64_t));
  }
}

/// Several targets' plans go into one object: each has a name of its own, which no other object sees.
static void takePlan(ModuleOp module, StringRef symbol) {
  for (Operation &op : llvm::make_early_inc_range(*module.getBody())) {
    auto function = dyn_cast<LLVM::LLVMFuncOp>(op);
    if (!function || !op.hasAttr("attn.plan")) {
      op.erase();
      continue;
    }
    function.setName(symbol);
    function.setVisibility_(LLVM::Visibility::Hidden);
  }
}

/// Notes what the kernels take, and passes on what the assembler warns of: it is right code, but slow.
static void takeReport(const AssemblerReport &report, CompiledGpuKernel &kernel, Location location) {
  for (GpuStage &stage : kernel.stages)
    stage.resources = report.kernels.lookup(stage.symbol);
  for (StringRef warning : report.warnings)
    emitWarning(location) << warning;
}

FailureOr<CompiledGpuKernel> attn::compileForGpu(OwningOpRef<ModuleOp> module, func::FuncOp entry, StringRef target, StringRef text, StringRef name,
                                                 bool isForThisProcess) {
  FailureOr<PreparedKernel> prepared = prepareKernel(*module, entry, target, text, name);
  if (failed(prepared))
    return failure();
  std::optional<GpuMachine> machine = GpuMachine::lookup(target);
  if (!machine)
    return entry.emitError("expected the target to be a GPU, but got '") << target << "'", failure();
  Location location = entry.getLoc();
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
  kernel.planSymbol = makeIdentifier(kernel.identity.name + "_" + kernel.identity.target + "_plan");
  takePlan(*host, kernel.planSymbol);
  takeKernels(*module, kernel);

  FailureOr<ObjectBytes> plan = emitObject(*host, CpuMachine::levels().front());
  FailureOr<std::string> ptx = emitPtx(*module, *machine);
  if (failed(plan) || failed(ptx))
    return failure();
  llvm::Expected<Assembled> assembled = assemblePtx(*ptx, *machine, isForThisProcess ? AssemblySpeed::Fast : AssemblySpeed::Reproducible);
  if (!assembled && !isForThisProcess)
    return module->emitError(llvm::toString(assembled.takeError())), failure();
  kernel.plan = std::move(*plan);
  kernel.ptx = std::move(*ptx);
  if (assembled) {
    kernel.cubin = std::move(assembled->cubin);
    takeReport(AssemblerReport::parse(assembled->report), kernel, location);
  } else {
    llvm::consumeError(assembled.takeError());
  }
  return kernel;
}
