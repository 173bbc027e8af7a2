//===- GpuFamily.cpp - the kernels that a description becomes -------------===//

#include "tools/attn-explain/GpuFamily.h"
#include "codegen/Compiler.h"
#include "codegen/lower/Passes.h"
#include "codegen/lower/TileWork.h"
#include "codegen/nvptx/Passes.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/Passes.h"
#include "passes/Passes.h"

using namespace mlir;
using namespace mlir::attn;

//===----------------------------------------------------------------------===//
// Sizes
//===----------------------------------------------------------------------===//

/// Replaces what a tiled function computes from its arguments' sizes and numbers by what it is for given ones.
static LogicalResult insertSizes(ModuleOp module, func::FuncOp function, const Signature &signature,
                                 const KnownValues &values) {
  function.walk([&](memref::DimOp dim) {
    auto argument = dyn_cast<BlockArgument>(dim.getSource());
    std::optional<int64_t> index = dim.getConstantIndex();
    if (!argument || !index || argument.getArgNumber() >= signature.shapes.arguments.size())
      return;
    OpBuilder b(dim);
    int64_t size = signature.shapes.arguments[argument.getArgNumber()][*index].evaluate(values.sizes);
    dim.replaceAllUsesWith(arith::ConstantIndexOp::create(b, dim.getLoc(), size).getResult());
  });
  OpBuilder b = OpBuilder::atBlockBegin(&function.getBody().front());
  for (auto [argument, number] : llvm::zip(function.getArguments(), values.scalars))
    if (argument.getType().isIntOrIndex())
      argument.replaceAllUsesWith(
          arith::ConstantOp::create(b, function.getLoc(), b.getIntegerAttr(argument.getType(), int64_t(number))));
  PassManager manager(module.getContext(), ModuleOp::getOperationName());
  manager.addPass(createCanonicalizerPass());
  return manager.run(module);
}

/// A number that is known; 1 if it is not.
static int64_t getNumber(Value value) {
  APInt number;
  return matchPattern(value, m_ConstantInt(&number)) ? number.getSExtValue() : 1;
}

//===----------------------------------------------------------------------===//
// Members
//===----------------------------------------------------------------------===//

static GpuMember describe(ParallelOp parallel) {
  GpuMember member;
  member.name = parallel.getName().str();
  member.heads = 1;
  for (Value count : parallel.getCounts().drop_back())
    member.heads *= getNumber(count);
  member.tasks = member.heads * getNumber(parallel.getCounts().back());
  if (Value condition = parallel.getCondition(); condition && !getNumber(condition))
    member.tasks = 0;
  if (parallel.getOrder() == TaskOrder::LongestFirst && parallel.getSection())
    member.section = std::min(getNumber(parallel.getSection()), member.heads);
  parallel.walk([&](ReducePartialsOp op) { member.rows = op.getState().getType().getRows(); });
  parallel.walk([&](ForKeysOp loop) {
    auto panels = loop.getBody().getOps<ForPanelsOp>();
    FailureOr<TileWork> work = matchTileWork(panels.empty() ? loop.getBody().front() : (*panels.begin()).getBody().front());
    if (failed(work))
      return;
    member.isStream = panels.empty();
    member.rows = loop.getInitial().getType().getRows();
    member.keys = cast<TileType>(work->keys.getType()).getSize("j");
    member.product = WarpProduct(work->keyView.getView().getType().getElementType(), /*isSingle=*/bool(work->precision));
    member.keyDim = work->keyView.getView().getType().getFeatures();
    member.valueDim = work->valueView.getView().getType().getFeatures();
  });
  return member;
}

/// The loops over key tiles in one kernel: those that multiply and hold no other loop.
static SmallVector<scf::ForOp> findKeyLoops(func::FuncOp kernel) {
  SmallVector<scf::ForOp> loops;
  kernel.walk([&](scf::ForOp loop) {
    bool multiplies = false, isInnermost = true;
    loop.getBody()->walk([&](Operation *op) {
      isInnermost &= !isa<scf::ForOp>(op);
      auto text = dyn_cast<LLVM::InlineAsmOp>(op);
      multiplies |= isa<NVVM::MmaOp>(op) || (text && text.getAsmString().contains("wgmma.mma_async"));
    });
    if (multiplies && isInnermost)
      loops.push_back(loop);
  });
  return loops;
}

static bool isFused(Operation &op) {
  return isa<arith::MulFOp>(op) && op.hasOneUse() && isa<arith::AddFOp, arith::SubFOp>(*op.user_begin());
}

/// The shortest of the loops has no guards.
static void countArithmetic(func::FuncOp kernel, GpuVariant &variant) {
  auto countOperations = [](scf::ForOp loop) { return loop.getBody()->getOperations().size(); };
  SmallVector<scf::ForOp> loops = findKeyLoops(kernel);
  auto *shortest =
      llvm::min_element(loops, [&](scf::ForOp a, scf::ForOp b) { return countOperations(a) < countOperations(b); });
  if (shortest == loops.end())
    return;
  shortest->getBody()->walk([&](Operation *op) {
    if (op->getNumResults() != 1 || !op->getResult(0).getType().isF32())
      return;
    if (isa<LLVM::CallIntrinsicOp, math::SqrtOp>(op))
      ++variant.exponentials;
    else if (isa_and_nonnull<arith::ArithDialect, math::MathDialect>(op->getDialect()) && !isa<arith::ConstantOp>(op) && !isFused(*op))
      ++variant.arithmetic;
  });
}

static GpuVariant describe(func::FuncOp kernel, unsigned inputs) {
  auto number = [&](StringRef name) -> int64_t {
    auto attribute = kernel->getAttrOfType<IntegerAttr>(name);
    return attribute ? attribute.getInt() : 0;
  };
  GpuVariant variant = {number("attn.alignment"), number("attn.threads"), number("attn.shared_bytes"),
                        number("attn.persistent"), false};
  if (auto maps = kernel->getAttrOfType<ArrayAttr>("attn.tensor_maps"))
    for (auto map : maps.getAsRange<DenseI64ArrayAttr>())
      variant.storesTiles |= map[0] >= inputs;
  countArithmetic(kernel, variant);
  return variant;
}

//===----------------------------------------------------------------------===//
// Families
//===----------------------------------------------------------------------===//

static void collectMembers(func::FuncOp function, ArrayRef<Workload> workloads, std::vector<GpuFamily> &families,
                           SmallVectorImpl<GpuMember *> &stages) {
  // Everything that is made of an attention keeps its place in the text.
  auto find = [&](Operation *op) -> GpuFamily * {
    for (auto [work, family] : llvm::zip(workloads, families))
      if (AttentionOp(work.op).getLoc() == op->getLoc())
        return &family;
    return nullptr;
  };
  for (auto memory : function.getOps<WorkspaceOp>())
    if (GpuFamily *family = find(memory)) {
      auto type = cast<MemRefType>(memory.getMemory().getType());
      int64_t bytes = type.getElementTypeBitWidth() / 8;
      for (int64_t size : type.getShape())
        bytes *= ShapedType::isDynamic(size) ? 1 : size;
      for (Value size : memory.getSizes())
        bytes *= getNumber(size);
      family->partialBytes += bytes;
    }
  std::vector<std::pair<GpuFamily *, size_t>> places;
  for (auto parallel : function.getOps<ParallelOp>()) {
    GpuFamily *family = find(parallel);
    places.emplace_back(family, family ? family->members.size() : 0);
    if (family)
      family->members.push_back(describe(parallel));
  }
  for (auto [family, index] : places)
    stages.push_back(family ? &family->members[index] : nullptr);
}

FailureOr<std::vector<GpuFamily>> attn::lowerForGpu(func::FuncOp entry, StringRef target, const Signature &signature,
                                                    const KnownValues &values, ArrayRef<Workload> workloads) {
  OwningOpRef<ModuleOp> module = entry->getParentOfType<ModuleOp>().clone();
  auto function = module->lookupSymbol<func::FuncOp>(entry.getName());
  if (failed(prepareKernel(*module, function, target, /*text=*/"", entry.getName())))
    return failure();
  PassManager phases(module->getContext(), ModuleOp::getOperationName());
  buildNormalizePipeline(phases);
  buildTilePipeline(phases);
  buildSchedulePipeline(phases);
  if (failed(phases.run(*module)))
    return failure();

  std::vector<GpuFamily> families(workloads.size());
  SmallVector<GpuMember *> stages;
  OwningOpRef<ModuleOp> sized = module->clone();
  auto sizedFunction = sized->lookupSymbol<func::FuncOp>(entry.getName());
  if (failed(insertSizes(*sized, sizedFunction, signature, values)))
    return failure();
  collectMembers(sizedFunction, workloads, families, stages);

  PassManager lowering(module->getContext(), ModuleOp::getOperationName());
  lowering.addPass(createOutlineStagesPass());
  lowering.addPass(createCSEPass());
  lowering.addPass(createLowerWarpsPass());
  lowering.addPass(createMathToNvptxPass());
  lowering.addPass(createCSEPass());
  if (failed(lowering.run(*module)))
    return failure();
  for (auto kernel : module->getOps<func::FuncOp>())
    if (auto number = kernel->getAttrOfType<IntegerAttr>("attn.stage_number"); number && stages[number.getInt()])
      stages[number.getInt()]->variants.push_back(describe(kernel, entry.getNumArguments()));
  return families;
}
