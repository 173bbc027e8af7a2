//===- Interpreter.cpp - what a description means -------------------------===//

#include "codegen/reference/Interpreter.h"
#include "codegen/FloatFormats.h"
#include "codegen/reference/Operations.h"
#include "mlir/IR/TypeUtilities.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace mlir::attn;
using namespace mlir::attn::reference;

static LogicalResult evalOperation(Operation &op, Scope &scope) {
  return llvm::TypeSwitch<Operation *, LogicalResult>(&op)
      .Case([&](AttentionOp attention) { return evalAttention(attention, scope); })
      .Case([&](MergeOp merge) { return evalMerge(merge, scope); })
      .Case([&](func::CallOp call) { return evalCall(call, scope); })
      .Case([&](arith::ConstantOp constant) { return evalConstant(constant, scope); })
      .Case([&](tensor::DimOp dim) { return evalDim(dim, scope); })
      .Case([&](tensor::ExtractOp extract) { return evalExtract(extract, scope); })
      .Case([&](tensor::CastOp cast) { return evalCast(cast, scope); })
      .Default([&](Operation *other) { return evalElementwise(other, scope); });
}

static LogicalResult checkArgument(func::FuncOp function, unsigned index, const Array &array) {
  Type type = function.getArgumentTypes()[index];
  auto emit = [&] { return function.emitOpError("expected argument ") << index << " to be " << type << ", but got "; };
  if (array.elementType != getElementTypeOrSelf(type))
    return emit() << "element type " << array.elementType;
  auto tensor = dyn_cast<RankedTensorType>(type);
  if (int64_t(array.shape.size()) != (tensor ? tensor.getRank() : 0))
    return emit() << "rank " << array.shape.size();
  for (size_t dim = 0; dim < array.shape.size(); ++dim)
    if (!tensor.isDynamicDim(dim) && tensor.getDimSize(dim) != array.shape[dim])
      return emit() << "size " << array.shape[dim] << " in dimension " << dim;
  return success();
}

using SharedArrays = SmallVector<std::shared_ptr<const Array>>;

/// Runs a function's body; a recursive one would never end.
static FailureOr<SharedArrays> runFunction(func::FuncOp function, const SharedArrays &arguments, const Options &options) {
  if (function.isExternal() || !function.getBody().hasOneBlock())
    return function.emitOpError("expected a function with a body of one block");
  if (arguments.size() != function.getNumArguments())
    return function.emitOpError("expected ") << function.getNumArguments() << " arguments, but got " << arguments.size();
  Scope scope(options);
  for (auto [index, array] : llvm::enumerate(arguments)) {
    if (failed(checkArgument(function, index, *array)))
      return failure();
    scope.set(function.getArgument(index), array);
  }
  Block &body = function.getBody().front();
  for (Operation &op : body.without_terminator())
    if (failed(evalOperation(op, scope)))
      return failure();
  return llvm::map_to_vector(body.getTerminator()->getOperands(), [&](Value value) { return scope.share(value); });
}

/// Whether a function may call itself, directly or not.
static bool reaches(func::FuncOp from, func::FuncOp target, llvm::SmallPtrSetImpl<Operation *> &seen) {
  WalkResult walk = from.walk([&](func::CallOp call) {
    auto callee = SymbolTable::lookupNearestSymbolFrom<func::FuncOp>(call, call.getCalleeAttr());
    if (!callee || (callee != target && (!seen.insert(callee).second || !reaches(callee, target, seen))))
      return WalkResult::advance();
    return WalkResult::interrupt();
  });
  return walk.wasInterrupted();
}

LogicalResult reference::evalCall(func::CallOp op, Scope &scope) {
  auto callee = SymbolTable::lookupNearestSymbolFrom<func::FuncOp>(op, op.getCalleeAttr());
  if (!callee)
    return op.emitOpError("expected a call of a function, but '") << op.getCallee() << "' is none";
  llvm::SmallPtrSet<Operation *, 4> seen;
  if (reaches(callee, callee, seen))
    return op.emitOpError("expected no recursion, but '") << op.getCallee() << "' calls itself";
  SharedArrays arguments = llvm::map_to_vector(op.getOperands(), [&](Value value) { return scope.share(value); });
  FailureOr<SharedArrays> results = runFunction(callee, arguments, scope.getOptions());
  if (failed(results))
    return failure();
  for (auto [result, array] : llvm::zip_equal(op.getResults(), *results))
    scope.set(result, array);
  return success();
}

FailureOr<SmallVector<Array>> reference::evaluate(func::FuncOp function, ArrayRef<Array> arguments, const Options &options) {
  // The caller keeps the arguments alive, so nothing is copied and nothing owned.
  SharedArrays shared = llvm::map_to_vector(
      arguments, [](const Array &array) { return std::shared_ptr<const Array>(std::shared_ptr<void>(), &array); });
  FailureOr<SharedArrays> results = runFunction(function, shared, options);
  if (failed(results))
    return failure();
  SmallVector<Array> copies;
  for (const auto &result : *results) {
    copies.push_back(*result);
    auto type = dyn_cast<FloatType>(result->elementType);
    if (options.roundResults && type)
      for (double &element : copies.back().elements)
        element = roundToType(element, type);
  }
  return copies;
}
