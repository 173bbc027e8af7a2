//===- OutlineStages.cpp - one function per stage, and the plan -----------===//

#include "codegen/lower/ArgumentBlock.h"
#include "codegen/lower/Passes.h"
#include "dialect/AttnOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/IRMapping.h"
#include "runtime/attn_abi.h"

namespace mlir::attn {
#define GEN_PASS_DEF_OUTLINESTAGESPASS
#include "codegen/lower/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;
using namespace mlir::attn;

static Value toI64(ImplicitLocOpBuilder &b, Value index) { return arith::IndexCastOp::create(b, b.getI64Type(), index); }

static Value indexConstant(ImplicitLocOpBuilder &b, int64_t value) { return arith::ConstantIndexOp::create(b, value); }

namespace {
/// The function that is being cut up.
class StageOutliner {
public:
  explicit StageOutliner(func::FuncOp function)
      : function(function), target(function->getAttrOfType<TargetAttrInterface>("attn.target")), b(function.getLoc(), function) {}

  LogicalResult run();

private:
  func::FuncOp createFunction(const Twine &name, ArrayRef<Type> arguments);
  Value clonePrologue(Operation *end, Value arguments, Value workspace, IRMapping &mapping);
  Value buildWorkspace(WorkspaceOp op, Value workspace, Value offset, IRMapping &mapping);
  void outlineStage(ParallelOp parallel, int64_t number);
  void buildTaskIndices(ParallelOp parallel, Value task, IRMapping &mapping);
  void buildPlan(ArrayRef<ParallelOp> stages);

  func::FuncOp function;
  TargetAttrInterface target;
  ImplicitLocOpBuilder b;
};
} // namespace

func::FuncOp StageOutliner::createFunction(const Twine &name, ArrayRef<Type> arguments) {
  b.setInsertionPoint(function);
  auto created = func::FuncOp::create(b, (function.getName() + name).str(), b.getFunctionType(arguments, {}));
  created->setAttr("attn.target", function->getAttr("attn.target"));
  b.setInsertionPointToStart(created.addEntryBlock());
  return created;
}

/// Places an intermediate buffer at `offset` bytes of the workspace; returns the offset behind it.
Value StageOutliner::buildWorkspace(WorkspaceOp op, Value workspace, Value offset, IRMapping &mapping) {
  auto type = cast<MemRefType>(op.getMemory().getType());
  SmallVector<Value> sizes(type.getRank()), strides(type.getRank());
  Value elements = indexConstant(b, 1);
  unsigned dynamic = op.getSizes().size();
  for (int64_t dim = type.getRank() - 1; dim >= 0; --dim) {
    strides[dim] = toI64(b, elements);
    Value size = type.isDynamicDim(dim) ? mapping.lookup(op.getSizes()[--dynamic]) : indexConstant(b, type.getDimSize(dim));
    sizes[dim] = toI64(b, size);
    elements = arith::MulIOp::create(b, elements, size);
  }
  mapping.map(op.getMemory(), buildMemRef(b, type, buildOffsetPointer(b, workspace, toI64(b, offset)), sizes, strides));
  int64_t elementBytes = (type.getElementTypeBitWidth() + 7) / 8;
  Value bytes = arith::MulIOp::create(b, elements, indexConstant(b, elementBytes));
  // Every buffer begins at a block boundary.
  Value alignment = indexConstant(b, ATTN_BLOCK_ALIGNMENT);
  Value blocks = arith::CeilDivUIOp::create(b, bytes, alignment);
  return arith::AddIOp::create(b, offset, arith::MulIOp::create(b, blocks, alignment));
}

/// Repeats what the function computes before `end` outside its stages; returns the workspace bytes used so far.
Value StageOutliner::clonePrologue(Operation *end, Value arguments, Value workspace, IRMapping &mapping) {
  Block &body = function.getBody().front();
  SmallVector<Value> values = readArguments(b, arguments, body.getArgumentTypes());
  mapping.map(body.getArguments(), values);
  // A target that describes arguments to its launch finds them by this number.
  for (auto [number, value] : llvm::enumerate(values))
    if (Operation *op = value.getDefiningOp(); op && isa<MemRefType>(value.getType()))
      op->setAttr("attn.argument", b.getI64IntegerAttr(number));
  Value offset = indexConstant(b, target.getCounterBytes());
  for (Operation &op : body) {
    if (&op == end)
      break;
    if (auto memory = dyn_cast<WorkspaceOp>(op))
      offset = buildWorkspace(memory, workspace, offset, mapping);
    else if (!isa<ParallelOp, func::ReturnOp>(op))
      b.clone(op, mapping);
  }
  return offset;
}

/// The point of the index space of a task. The innermost count varies fastest, so that neighbouring tasks share keys; where the longest tasks
/// should come first it varies slowest and backwards, within a section of the other points.
void StageOutliner::buildTaskIndices(ParallelOp parallel, Value task, IRMapping &mapping) {
  Type type = b.getIntegerType(target.getTaskBits());
  auto narrow = [&](Value index) -> Value { return arith::IndexCastOp::create(b, type, index); };
  auto divide = [&](Value number, Value by) -> std::pair<Value, Value> {
    Value quotient = arith::DivUIOp::create(b, number, by);
    return {quotient, arith::SubIOp::create(b, number, arith::MulIOp::create(b, quotient, by))};
  };
  auto assign = [&](unsigned dim, Value index) {
    mapping.map(parallel.getBody().getArgument(dim), arith::IndexCastOp::create(b, b.getIndexType(), index).getResult());
  };
  SmallVector<Value> counts = llvm::map_to_vector(parallel.getCounts(), [&](Value count) { return narrow(mapping.lookup(count)); });
  Value rest = narrow(task);
  unsigned last = counts.size() - 1;
  if (parallel.getOrder() != TaskOrder::LongestFirst) {
    for (unsigned dim = last; dim > 0; --dim) {
      auto [quotient, remainder] = divide(rest, counts[dim]);
      assign(dim, remainder);
      rest = quotient;
    }
    return assign(0, rest);
  }
  Value others = counts.front(), one = arith::ConstantOp::create(b, b.getIntegerAttr(type, 1));
  for (unsigned dim = 1; dim < last; ++dim)
    others = arith::MulIOp::create(b, others, counts[dim]);
  // No section has more points than there are, nor none where there are tasks.
  Value section = others, first = arith::ConstantOp::create(b, b.getIntegerAttr(type, 0)), size = others;
  if (parallel.getSection()) {
    section = arith::MinUIOp::create(b, narrow(mapping.lookup(parallel.getSection())), others);
    auto [number, inSection] = divide(rest, arith::MulIOp::create(b, section, counts[last]));
    first = arith::MulIOp::create(b, number, section);
    size = arith::MinUIOp::create(b, section, arith::SubIOp::create(b, others, first));
    rest = inSection;
  }
  auto [row, point] = divide(rest, size);
  assign(last, arith::SubIOp::create(b, arith::SubIOp::create(b, counts[last], one), row));
  rest = arith::AddIOp::create(b, first, point);
  for (unsigned dim = last - 1; dim > 0; --dim) {
    auto [quotient, remainder] = divide(rest, counts[dim]);
    assign(dim, remainder);
    rest = quotient;
  }
  assign(0, rest);
}

void StageOutliner::outlineStage(ParallelOp parallel, int64_t number) {
  Type pointer = LLVM::LLVMPointerType::get(b.getContext());
  func::FuncOp stage = createFunction("_stage_" + Twine(number), {pointer, pointer, pointer, b.getI64Type()});
  stage->setAttr("attn.stage", parallel.getNameAttr());
  stage->setAttr("attn.argument_words", b.getI64IntegerAttr(countArgumentWords(function.getArgumentTypes())));
  IRMapping mapping;
  clonePrologue(parallel, stage.getArgument(0), stage.getArgument(1), mapping);
  Value task = arith::IndexCastOp::create(b, b.getIndexType(), stage.getArgument(3));
  buildTaskIndices(parallel, task, mapping);
  for (Operation &op : parallel.getBody().front().without_terminator())
    b.clone(op, mapping);
  func::ReturnOp::create(b);
}

/// The plan's scratch size is known when the stages are lowered and is filled in then.
void StageOutliner::buildPlan(ArrayRef<ParallelOp> stages) {
  Type pointer = LLVM::LLVMPointerType::get(b.getContext());
  func::FuncOp plan = createFunction("_plan", {pointer, pointer});
  plan->setAttr("attn.plan", b.getUnitAttr());
  IRMapping mapping;
  // Nothing in the workspace is looked at here: any pointer will do for its views.
  Value bytes = clonePrologue(nullptr, plan.getArgument(0), plan.getArgument(0), mapping);
  auto store = [&](int64_t offset, Value value) {
    Value address = LLVM::GEPOp::create(b, pointer, b.getI8Type(), plan.getArgument(1), ArrayRef<LLVM::GEPArg>{int32_t(offset)});
    LLVM::StoreOp::create(b, value, address);
  };
  store(offsetof(attn_plan, workspace_bytes), toI64(b, bytes));
  for (auto [number, constStage] : llvm::enumerate(stages)) {
    ParallelOp stage = constStage;
    Value tasks = indexConstant(b, 1);
    for (Value count : stage.getCounts())
      tasks = arith::MulIOp::create(b, tasks, mapping.lookup(count));
    if (stage.getCondition())
      tasks = arith::SelectOp::create(b, mapping.lookup(stage.getCondition()), tasks, indexConstant(b, 0));
    store(offsetof(attn_plan, tasks) + number * sizeof(int64_t), toI64(b, tasks));
  }
  func::ReturnOp::create(b);
}

LogicalResult StageOutliner::run() {
  if (!target)
    return function.emitOpError("expected the attribute 'attn.target' on a function with stages");
  auto stages = llvm::to_vector(function.getBody().getOps<ParallelOp>());
  if (stages.size() > ATTN_MAX_STAGES)
    return function.emitOpError("expected at most ") << ATTN_MAX_STAGES << " stages in a kernel, but got " << stages.size();
  for (auto [number, stage] : llvm::enumerate(stages))
    outlineStage(stage, number);
  buildPlan(stages);
  function.erase();
  return success();
}

namespace {
struct OutlineStages : public attn::impl::OutlineStagesPassBase<OutlineStages> {
  void runOnOperation() override {
    SmallVector<func::FuncOp> kernels;
    getOperation().walk([&](func::FuncOp function) {
      if (!function.isExternal() && !function.getBody().getOps<ParallelOp>().empty())
        kernels.push_back(function);
    });
    for (func::FuncOp kernel : kernels)
      if (failed(StageOutliner(kernel).run()))
        return signalPassFailure();
  }
};
} // namespace
