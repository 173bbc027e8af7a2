//===- VerifyPhase.cpp - which operations a phase allows ------------------===//

#include "dialect/AttnDialect.h"
#include "dialect/AttnOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "passes/BufferGrowth.h"
#include "passes/Passes.h"
#include "passes/schedule/KeyLoops.h"

namespace mlir::attn {
#define GEN_PASS_DEF_VERIFYPHASE
#include "passes/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;
using namespace mlir::attn;

enum class Phase { Spec, Normalize, Tile, Schedule, Target };

static std::optional<Phase> parsePhase(StringRef name) {
  return llvm::StringSwitch<std::optional<Phase>>(name)
      .Case("spec", Phase::Spec)
      .Case("normalize", Phase::Normalize)
      .Case("tile", Phase::Tile)
      .Case("schedule", Phase::Schedule)
      .Case("target", Phase::Target)
      .Default(std::nullopt);
}

/// The phases in which an operation of the dialect may exist.
static SmallVector<Phase> getPhases(Operation *op) {
  if (isa<YieldOp>(op))
    return {Phase::Spec, Phase::Normalize, Phase::Tile, Phase::Schedule};
  if (isa<AttentionOp, MergeOp>(op))
    return {Phase::Spec};
  if (isa<OnlineAttentionOp, PartialOfOp, MergePartialsOp, FinalizeOp>(op))
    return {Phase::Normalize};
  if (isa<PackOp, ForPanelsOp, PanelOp>(op))
    return {Phase::Schedule};
  return {Phase::Tile, Phase::Schedule};
}

/// From the tile phase on there are no tensors.
static LogicalResult verifyNoTensors(Operation *op, StringRef phase) {
  auto isTensor = [](Type type) { return isa<TensorType>(type); };
  if (llvm::any_of(op->getResultTypes(), isTensor) || llvm::any_of(op->getOperandTypes(), isTensor))
    return op->emitOpError("expected no tensors in phase '") << phase << "'";
  return success();
}

/// The rows a product works on must fit a panel, and everything that is packed must be packed.
static LogicalResult verifyPanels(Operation *op, TargetAttr target) {
  auto contract = dyn_cast<ContractOp>(op);
  if (!contract || op->getParentOfType<ForPanelsOp>())
    return success();
  auto loop = op->getParentOfType<ForKeysOp>();
  LoadOp rowLoad = loop ? findRowLoad(loop) : LoadOp();
  TileType lhs = contract.getLhs().getType();
  int64_t depth = lhs.getSize(contract.getOver());
  AttentionShape shape = rowLoad ? getLoopShape(loop, rowLoad) : AttentionShape{lhs.getElementType(), depth, depth, 1, false};
  int64_t rows = contract.getLhs().getType().getSize("i");
  int64_t panelRows = cast<TargetAttrInterface>(target).getPanelRows(shape, rows);
  if (panelRows > 0)
    return op->emitOpError("expected a product of at most a panel's ")
           << panelRows << " rows in phase 'schedule', but got " << rows;
  return success();
}

/// A buffer must not grow with the product of two lengths.
static LogicalResult verifyBufferGrowth(Operation *op) {
  if (!isa<WorkspaceOp, memref::AllocOp, memref::AllocaOp>(op))
    return success();
  unsigned degree = 0;
  for (Value size : op->getOperands())
    degree += countSequenceLengths(size);
  if (degree > 1)
    return op->emitOpError("expected a buffer that grows with at most one sequence length, but got a product of ") << degree;
  return success();
}

namespace {
struct VerifyPhase : public attn::impl::VerifyPhaseBase<VerifyPhase> {
  using VerifyPhaseBase::VerifyPhaseBase;

  LogicalResult verifyOperation(Operation *op, Phase wanted, TargetAttr target) {
    if (isa_and_nonnull<AttnDialect>(op->getDialect()) && !llvm::is_contained(getPhases(op), wanted))
      return op->emitOpError("expected no such operation in phase '") << phase << "'";
    if (wanted >= Phase::Tile && failed(verifyNoTensors(op, phase)))
      return failure();
    if (wanted >= Phase::Tile && failed(verifyBufferGrowth(op)))
      return failure();
    if (wanted == Phase::Schedule && target)
      return verifyPanels(op, target);
    return success();
  }

  void runOnOperation() override {
    func::FuncOp function = getOperation();
    std::optional<Phase> wanted = parsePhase(phase);
    if (!wanted) {
      function.emitOpError("expected phase spec, normalize, tile, schedule or target, but got '") << phase << "'";
      return signalPassFailure();
    }
    auto target = function->getAttrOfType<TargetAttr>("attn.target");
    bool hasTiles = function.walk([](ParallelOp) { return WalkResult::interrupt(); }).wasInterrupted();
    if (hasTiles && !target) {
      function.emitOpError("expected the attribute 'attn.target' in phase '") << phase << "'";
      return signalPassFailure();
    }
    WalkResult result = function.walk([&](Operation *op) {
      if (op == function.getOperation())
        return WalkResult::advance();
      return failed(verifyOperation(op, *wanted, target)) ? WalkResult::interrupt() : WalkResult::advance();
    });
    if (result.wasInterrupted())
      signalPassFailure();
  }
};
} // namespace
