//===- LowerWarps.cpp - stages to kernels ---------------------------------===//

#include "codegen/nvptx/CombineLowering.h"
#include "codegen/nvptx/Passes.h"
#include "codegen/nvptx/StreamLowering.h"
#include "codegen/nvptx/WarpLowering.h"
#include "codegen/nvptx/WarpgroupLowering.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "runtime/attn_abi.h"

namespace mlir::attn {
#define GEN_PASS_DEF_LOWERWARPSPASS
#include "codegen/nvptx/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;
using namespace mlir::attn;

/// What one asynchronous copy moves.
static constexpr int64_t kChunkBytes = 16;

/// The block's shared memory, whose size a launch chooses. Aligned for every kind of copy.
static void declareShared(ModuleOp module) {
  OpBuilder b = OpBuilder::atBlockBegin(module.getBody());
  auto type = LLVM::LLVMArrayType::get(b.getI8Type(), 0);
  LLVM::GlobalOp::create(b, module.getLoc(), type, /*isConstant=*/false, LLVM::Linkage::External, "attn_shared", Attribute(), /*alignment=*/1024,
                         unsigned(NVVM::NVVMMemorySpace::Shared));
}

/// Takes scratch memory and the task from the parameters, and notes what a launch must know.
static void describeKernel(func::FuncOp stage, int64_t alignment, int64_t threads, int64_t sharedBytes) {
  Builder b(stage.getContext());
  Block &body = stage.getBody().front();
  body.eraseArguments(2, 2);
  stage.setFunctionType(b.getFunctionType(body.getArgumentTypes(), {}));
  stage->setAttr("attn.alignment", b.getI64IntegerAttr(alignment));
  stage->setAttr("attn.threads", b.getI64IntegerAttr(threads));
  stage->setAttr("attn.shared_bytes", b.getI64IntegerAttr(sharedBytes));
}

/// (arguments, workspace, scratch, task) becomes (arguments, workspace): the block is the task, and no scratch memory is used.
template <typename LoweringT>
static void makeKernel(func::FuncOp stage, const LoweringT &lowering, int64_t alignment) {
  Block &body = stage.getBody().front();
  ImplicitLocOpBuilder b = ImplicitLocOpBuilder::atBlockBegin(stage.getLoc(), &body);
  Value block = NVVM::BlockIdXOp::create(b, b.getI32Type());
  body.getArgument(3).replaceAllUsesWith(arith::ExtUIOp::create(b, b.getI64Type(), block));
  describeKernel(stage, alignment, lowering.getThreads(), lowering.getSharedBytes());
}

/// What a launch must know besides: the kernel takes its tasks itself, and which tensor maps it gets.
static void makePersistentKernel(func::FuncOp stage, const WarpgroupLowering &lowering) {
  Builder b(stage.getContext());
  describeKernel(stage, kChunkBytes, lowering.getTiles().getThreads(), lowering.getTiles().getSharedBytes());
  stage->setAttr("attn.persistent", b.getI64IntegerAttr(1));
  SmallVector<Attribute> maps;
  for (const TensorMap &map : lowering.getMaps())
    maps.push_back(b.getDenseI64ArrayAttr({map.argument, map.group, map.step, map.phase, map.rows, PanelTile::kPanelColumns}));
  stage->setAttr("attn.tensor_maps", b.getArrayAttr(maps));
}

/// Whether there are tiles of queries, keys and values, and their rows are made of whole chunks of 16 bytes.
static bool hasWholeChunks(func::FuncOp stage) {
  bool whole = true, hasTiles = false;
  auto check = [&](ViewType view) {
    hasTiles = true;
    whole &= view.getFeatures() * view.getElementType().getIntOrFloatBitWidth() / 8 % kChunkBytes == 0;
  };
  stage.walk([&](PackOp op) { check(op.getView().getType()); });
  stage.walk([&](LoadOp op) { check(op.getView().getType()); });
  return whole && hasTiles;
}

template <typename OpT>
static bool contains(func::FuncOp stage) {
  return stage.walk([](OpT) { return WalkResult::interrupt(); }).wasInterrupted();
}

template <typename LoweringT>
static LogicalResult lowerWith(LoweringT lowering, func::FuncOp stage, bool isAligned) {
  if (failed(lowering.run()))
    return failure();
  makeKernel(stage, lowering, isAligned ? kChunkBytes : 1);
  return success();
}

/// Partial results are merged by a kernel that may be launched while they are being computed: what comes before its first wait then costs nothing.
static void controlLaunch(func::FuncOp stage, NVVM::GridDepActionKind action) {
  ImplicitLocOpBuilder b(stage.getLoc(), OpBuilder::atBlockBegin(&stage.getBody().front()));
  NVVM::GriddepcontrolOp::create(b, action);
}

/// Loops over keys without panels are those for few rows.
static LogicalResult lower(func::FuncOp stage, const GpuMachine &machine, bool isAligned, int64_t number) {
  if (isAligned && WarpgroupLowering::canLower(stage, machine)) {
    WarpgroupLowering lowering(stage, machine, number);
    if (failed(lowering.run()))
      return failure();
    makePersistentKernel(stage, lowering);
    return success();
  }
  if (contains<ReducePartialsOp>(stage)) {
    if (machine.hasDependentLaunch) {
      controlLaunch(stage, NVVM::GridDepActionKind::wait);
      stage->setAttr("attn.dependent", UnitAttr::get(stage.getContext()));
    }
    return lowerWith(CombineLowering(stage), stage, isAligned);
  }
  if (contains<ForKeysOp>(stage) && !contains<ForPanelsOp>(stage)) {
    if (machine.hasDependentLaunch)
      controlLaunch(stage, NVVM::GridDepActionKind::launch_dependents);
    return lowerWith(StreamLowering(stage, machine, isAligned), stage, isAligned);
  }
  return lowerWith(WarpLowering(stage, machine, isAligned), stage, isAligned);
}

namespace {
struct LowerWarps : public attn::impl::LowerWarpsPassBase<LowerWarps> {
  void runOnOperation() override {
    SmallVector<func::FuncOp> stages;
    for (auto function : getOperation().getOps<func::FuncOp>()) {
      if (function->hasAttr("attn.stage"))
        stages.push_back(function);
      if (function->hasAttr("attn.plan"))
        function->removeAttr("attn.target");
    }
    if (stages.empty())
      return;
    auto target = stages.front()->getAttrOfType<TargetAttr>("attn.target");
    std::optional<GpuMachine> machine = target ? GpuMachine::lookup(target.getName()) : std::nullopt;
    if (!machine) {
      stages.front().emitOpError("expected 'attn.target' to name an NVIDIA GPU");
      return signalPassFailure();
    }
    declareShared(getOperation());
    for (auto [number, stage] : llvm::enumerate(stages)) {
      stage->setAttr("attn.stage_number", IntegerAttr::get(IntegerType::get(&getContext(), 64), number));
      stage->removeAttr("attn.target");
      // Asynchronous copies want whole chunks of 16 bytes; a second kernel takes operands that lie otherwise.
      auto unaligned = cast<func::FuncOp>(stage->clone());
      unaligned.setName((stage.getName() + "_unaligned").str());
      stage->getParentRegion()->front().getOperations().insertAfter(stage->getIterator(), unaligned);
      bool canBeAligned = hasWholeChunks(stage);
      if (failed(lower(unaligned, *machine, /*isAligned=*/false, number)) || (canBeAligned && failed(lower(stage, *machine, /*isAligned=*/true, number))))
        return signalPassFailure();
      if (!canBeAligned)
        stage.erase();
    }
  }
};
} // namespace
