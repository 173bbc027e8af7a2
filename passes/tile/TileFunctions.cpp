//===- TileFunctions.cpp - from tensors to stages of tile loops -----------===//

#include "dialect/AttnOps.h"
#include "llvm/ADT/TypeSwitch.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "passes/Passes.h"
#include "passes/analysis/SegmentAttributes.h"
#include "passes/tile/AttentionStages.h"

namespace mlir::attn {
#define GEN_PASS_DEF_TILEFUNCTIONS
#include "passes/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;
using namespace mlir::attn;

/// A tensor argument in memory: any strides, but features lie side by side.
static MemRefType getArgumentType(RankedTensorType type) {
  SmallVector<int64_t> strides(type.getRank(), ShapedType::kDynamic);
  if (!strides.empty())
    strides.back() = 1;
  auto layout = StridedLayoutAttr::get(type.getContext(), /*offset=*/0, strides);
  return MemRefType::get(type.getShape(), type.getElementType(), layout);
}

namespace {
/// Rewrites one function, operation by operation, into a new body.
class FunctionTiler {
public:
  FunctionTiler(func::FuncOp function, TargetAttr target)
      : function(function), target(target), b(function.getLoc(), function.getContext()) {}

  LogicalResult run();

private:
  LogicalResult convertSignature(Block &newBody);
  LogicalResult convertOperation(Operation &op);
  LogicalResult convertFinalize(FinalizeOp op);
  void convertAttention(OnlineAttentionOp online, const ResultMemory &results);
  LogicalResult convertMerge(MergePartialsOp merge, FinalizeOp finalize, const ResultMemory &results);
  FailureOr<ResultMemory> finishedSide(Value partial);
  /// Memory of a result: the argument it is returned through, or workspace. Null if nobody uses it.
  Value getMemory(Value result);
  Value createWorkspace(Value result);

  func::FuncOp function;
  TargetAttr target;
  ImplicitLocOpBuilder b;
  IRMapping mapping;
  DenseMap<Value, Value> resultArguments;
};
} // namespace

//===----------------------------------------------------------------------===//
// Memory
//===----------------------------------------------------------------------===//

LogicalResult FunctionTiler::convertSignature(Block &newBody) {
  SmallVector<Type> types;
  auto addArgument = [&](Type type, Location loc) {
    if (auto tensor = dyn_cast<RankedTensorType>(type))
      type = getArgumentType(tensor);
    types.push_back(type);
    return newBody.addArgument(type, loc);
  };
  Block &oldBody = function.getBody().front();
  for (BlockArgument argument : oldBody.getArguments()) {
    if (!isa<RankedTensorType>(argument.getType()) && !argument.getType().isIntOrIndexOrFloat())
      return function.emitOpError("expected arguments to be ranked tensors or numbers, but got ") << argument.getType();
    mapping.map(argument, addArgument(argument.getType(), argument.getLoc()));
  }
  auto terminator = cast<func::ReturnOp>(oldBody.getTerminator());
  for (Value result : terminator.getOperands()) {
    if (!result.getDefiningOp<FinalizeOp>())
      return terminator.emitOpError("expected every returned value to be a result of an attention or a merge, but got a value of type ")
             << result.getType();
    if (!resultArguments.try_emplace(result, addArgument(result.getType(), result.getLoc())).second)
      return terminator.emitOpError("expected every result to be returned once, but got one twice");
  }
  function.setFunctionType(FunctionType::get(function.getContext(), types, {}));
  function.removeResAttrsAttr();
  return success();
}

Value FunctionTiler::createWorkspace(Value result) {
  auto type = cast<RankedTensorType>(result.getType());
  // Sizes of an intermediate result are those of the queries it belongs to.
  Value partial = result.getDefiningOp<FinalizeOp>().getPartial();
  while (auto merge = partial.getDefiningOp<MergePartialsOp>())
    partial = merge.getLhs();
  Value like;
  if (auto online = partial.getDefiningOp<OnlineAttentionOp>())
    like = online.getQuery();
  else
    like = partial.getDefiningOp<PartialOfOp>().getOutput();
  SmallVector<Value> sizes;
  for (auto [dim, size] : llvm::enumerate(type.getShape()))
    if (ShapedType::isDynamic(size))
      sizes.push_back(memref::DimOp::create(b, mapping.lookup(like), dim));
  return WorkspaceOp::create(b, MemRefType::get(type.getShape(), type.getElementType()), sizes);
}

Value FunctionTiler::getMemory(Value result) {
  if (!result)
    return {};
  if (Value argument = resultArguments.lookup(result)) {
    mapping.map(result, argument);
    return argument;
  }
  if (result.use_empty())
    return {};
  Value memory = createWorkspace(result);
  mapping.map(result, memory);
  return memory;
}

//===----------------------------------------------------------------------===//
// Operations
//===----------------------------------------------------------------------===//

void FunctionTiler::convertAttention(OnlineAttentionOp online, const ResultMemory &results) {
  auto queryType = cast<RankedTensorType>(online.getQuery().getType());
  AttentionStages stages;
  stages.online = online;
  stages.query = mapping.lookup(online.getQuery());
  stages.key = mapping.lookup(online.getKey());
  stages.value = mapping.lookup(online.getValue());
  if (online.getLengths())
    stages.lengths = mapping.lookup(online.getLengths());
  stages.offset = mapping.lookup(online.getOffset());
  stages.exponent = mapping.lookup(online.getExponent());
  for (Value number : online.getNumbers())
    stages.numbers.push_back(mapping.lookup(number));
  bool seesHead = llvm::any_of(online.getSegments().getSegments(), [](SegmentAttr segment) { return dependsOnHead(getSegment(segment)); });
  stages.group = seesHead ? 1 : online.getGroup();
  stages.heads = queryType.getDimSize(1) / stages.group;
  stages.mapping = &mapping;
  AttentionShape shape = {queryType.getElementType(), queryType.getDimSize(3), online.getPartial().getType().getShape().back(), stages.group,
                          !online.getScore().empty()};
  stages.tiles = cast<TargetAttrInterface>(target).chooseTiles(shape);
  buildAttentionStages(b, stages, results);
}

FailureOr<ResultMemory> FunctionTiler::finishedSide(Value partial) {
  auto finished = partial.getDefiningOp<PartialOfOp>();
  if (!finished)
    return failure();
  return ResultMemory{mapping.lookup(finished.getOutput()), mapping.lookup(finished.getLse()), Value()};
}

LogicalResult FunctionTiler::convertMerge(MergePartialsOp merge, FinalizeOp finalize, const ResultMemory &results) {
  FailureOr<ResultMemory> lhs = finishedSide(merge.getLhs()), rhs = finishedSide(merge.getRhs());
  if (failed(lhs) || failed(rhs))
    return merge.emitOpError("expected to merge finished results");
  PartialType partial = merge.getPartial().getType();
  int64_t width = partial.getShape().back();
  AttentionShape shape = {Float32Type::get(merge.getContext()), width, width, 1, false};
  TileChoice tiles = cast<TargetAttrInterface>(target).chooseTiles(shape);
  buildMergeStage(b, partial.getNormalizer(), *lhs, *rhs, mapping.lookup(finalize.getExponent()), tiles.smallRows ? tiles.smallRows : tiles.rows,
                  results);
  return success();
}

LogicalResult FunctionTiler::convertFinalize(FinalizeOp op) {
  ResultMemory results = {getMemory(op.getOutput()), getMemory(op.getLse()), getMemory(op.getRowMax())};
  if (auto online = op.getPartial().getDefiningOp<OnlineAttentionOp>()) {
    convertAttention(online, results);
    return success();
  }
  if (auto merge = op.getPartial().getDefiningOp<MergePartialsOp>())
    return convertMerge(merge, op, results);
  return op.emitOpError("expected to finalise an attention or a merge");
}

LogicalResult FunctionTiler::convertOperation(Operation &op) {
  b.setLoc(op.getLoc());
  // Partial results take form where they are finalised; returned values have their memory already.
  if (isa<OnlineAttentionOp, PartialOfOp, MergePartialsOp, func::ReturnOp>(op))
    return success();
  if (auto finalize = dyn_cast<FinalizeOp>(op))
    return convertFinalize(finalize);
  if (auto dim = dyn_cast<tensor::DimOp>(op)) {
    mapping.map(dim.getResult(), memref::DimOp::create(b, mapping.lookup(dim.getSource()), mapping.lookup(dim.getIndex())).getResult());
    return success();
  }
  if (auto extract = dyn_cast<tensor::ExtractOp>(op)) {
    auto indices = llvm::map_to_vector(extract.getIndices(), [&](Value index) { return mapping.lookup(index); });
    mapping.map(extract.getResult(), memref::LoadOp::create(b, mapping.lookup(extract.getTensor()), indices).getResult());
    return success();
  }
  bool isScalar = llvm::all_of(op.getResultTypes(), [](Type type) { return type.isIntOrIndexOrFloat(); });
  if (isa_and_nonnull<arith::ArithDialect, math::MathDialect>(op.getDialect()) && isScalar) {
    b.clone(op, mapping);
    return success();
  }
  return op.emitOpError("expected only attention, merges and arithmetic on numbers in a function that is compiled");
}

LogicalResult FunctionTiler::run() {
  if (!function.getBody().hasOneBlock())
    return function.emitOpError("expected one block");
  Block *oldBody = &function.getBody().front();
  Block *newBody = new Block();
  LogicalResult result = convertSignature(*newBody);
  b.setInsertionPointToStart(newBody);
  if (succeeded(result))
    for (Operation &op : *oldBody)
      if (failed(result = convertOperation(op)))
        break;
  if (succeeded(result))
    func::ReturnOp::create(b);
  // The old body is referred to by the mapping alone; on failure the pass reports and the module is dropped.
  function.getBody().push_back(newBody);
  oldBody->moveBefore(newBody);
  if (failed(result))
    return newBody->dropAllReferences(), newBody->erase(), failure();
  oldBody->dropAllReferences();
  oldBody->dropAllDefinedValueUses();
  oldBody->erase();
  return success();
}

namespace {
struct TileFunctions : public attn::impl::TileFunctionsBase<TileFunctions> {
  void runOnOperation() override {
    func::FuncOp function = getOperation();
    auto hasAttention = [&] {
      return function.walk([](FinalizeOp) { return WalkResult::interrupt(); }).wasInterrupted();
    };
    if (function.isExternal() || !hasAttention())
      return;
    auto target = function->getAttrOfType<TargetAttr>("attn.target");
    if (!target) {
      function.emitOpError("expected the attribute 'attn.target' = #attn.target<...>, which says what to tile for");
      return signalPassFailure();
    }
    auto emitError = [&] { return function.emitOpError(); };
    if (failed(cast<TargetAttrInterface>(target).verifyTarget(emitError)) || failed(FunctionTiler(function, target).run()))
      signalPassFailure();
  }
};
} // namespace
