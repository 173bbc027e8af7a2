//===- ShapeSymbols.cpp - the run-time sizes of a function ----------------===//

#include "codegen/ShapeSymbols.h"
#include "codegen/DimClasses.h"
#include "dialect/AttnOps.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "llvm/ADT/StringMap.h"

using namespace mlir;
using namespace mlir::attn;

namespace {
/// The elements of `lengths` are at most the size of a dimension, or a number where there is no such dimension.
struct LengthBound {
  Value lengths;
  Value tensor;
  unsigned dim;
  int64_t size;
};

/// What the operations of a function say about sizes.
struct Facts {
  DimClasses dims;
  SmallVector<LengthBound> bounds;
  /// The functions whose calls led here, this one last.
  SmallVector<func::FuncOp> callers;
};
} // namespace

static FailureOr<ShapeSymbols> inferSymbols(func::FuncOp function, ArrayRef<func::FuncOp> callers);

//===----------------------------------------------------------------------===//
// What each operation says
//===----------------------------------------------------------------------===//

static LogicalResult emitDisagreement(Operation *op) {
  return op->emitOpError("expected operands and results whose sizes agree with the rest of the function, but they cannot");
}

static LogicalResult uniteAttention(AttentionOp op, Facts &facts) {
  DimClasses &dims = facts.dims;
  Value q = op.getQuery(), k = op.getKey(), v = op.getValue();
  for (Value other :
       {k, v, Value(op.getOutput()), Value(op.getLse()), Value(op.getRowMax()), Value(op.getLengths()), Value(op.getOffset())})
    if (other && isa<RankedTensorType>(other.getType()) && failed(dims.unite(q, 0, other, 0)))
      return failure();
  for (Value rows : {op.getOutput(), op.getLse(), op.getRowMax()})
    if (rows && (failed(dims.unite(q, 1, rows, 1)) || failed(dims.unite(q, 2, rows, 2))))
      return failure();
  if (failed(dims.unite(k, 1, v, 1)) || failed(dims.unite(k, 2, v, 2)) || failed(dims.unite(q, 3, k, 3)) ||
      failed(dims.unite(v, 3, op.getOutput(), 3)))
    return failure();
  dims.setMeaning(q, 0, "B");
  dims.setMeaning(q, 2, "Tq");
  dims.setMeaning(k, 2, "Tk");
  if (op.getLengths())
    facts.bounds.push_back({op.getLengths(), k, 2, 0});
  return success();
}

static LogicalResult uniteMerge(MergeOp op, DimClasses &dims) {
  Value lhs = op.getLhs();
  for (Value other : {op.getRhs(), op.getOutput()})
    if (failed(dims.uniteAll(lhs, other)))
      return failure();
  for (Value lse : {op.getLhsLse(), op.getRhsLse(), op.getLse()})
    for (unsigned dim = 0; dim < 3; ++dim)
      if (failed(dims.unite(lhs, dim, lse, dim)))
        return failure();
  dims.setMeaning(lhs, 0, "B");
  dims.setMeaning(lhs, 2, "Tq");
  return success();
}

/// The meaning that a symbol's name was made from; it outlives the symbols.
static StringRef getMeaning(func::CallOp op, StringRef symbol) {
  return StringAttr::get(op.getContext(), symbol.rtrim("0123456789")).getValue();
}

/// A caller's tensors agree wherever the callee's do. Hands back one dimension for each symbol of the callee.
static FailureOr<SmallVector<std::pair<Value, unsigned>>> uniteLikeCallee(func::CallOp op, const ShapeSymbols &callee,
                                                                          DimClasses &dims) {
  SmallVector<Value> values(op.getOperands());
  llvm::append_range(values, op.getResults());
  SmallVector<SmallVector<Extent>> extents = callee.arguments;
  llvm::append_range(extents, callee.results);
  SmallVector<std::pair<Value, unsigned>> owners(callee.names.size());
  for (auto [value, sizes] : llvm::zip_equal(values, extents))
    for (auto [dim, extent] : llvm::enumerate(sizes)) {
      LogicalResult agrees = success();
      if (extent.isStatic()) {
        agrees = dims.setSize(value, dim, extent.size);
      } else if (auto &owner = owners[extent.symbol]; owner.first) {
        agrees = dims.unite(owner.first, owner.second, value, dim);
      } else {
        owner = {value, unsigned(dim)};
        dims.setMeaning(value, dim, getMeaning(op, callee.names[extent.symbol]));
      }
      if (failed(agrees))
        return failure();
    }
  return owners;
}

static LogicalResult uniteCall(func::CallOp op, Facts &facts) {
  auto callee = SymbolTable::lookupNearestSymbolFrom<func::FuncOp>(op, op.getCalleeAttr());
  if (!callee || callee.isExternal())
    return op.emitOpError("expected a call of a function with a body, but got '") << op.getCallee() << "'";
  if (llvm::is_contained(facts.callers, callee))
    return op.emitOpError("expected no recursion, but '") << op.getCallee() << "' calls itself";
  FailureOr<ShapeSymbols> inner = inferSymbols(callee, facts.callers);
  if (failed(inner))
    return failure();
  auto owners = uniteLikeCallee(op, *inner, facts.dims);
  if (failed(owners))
    return emitDisagreement(op);
  for (auto [operand, bounds] : llvm::zip_equal(op.getOperands(), inner->valueBounds))
    for (Extent bound : bounds) {
      auto [tensor, dim] = bound.isStatic() ? std::pair<Value, unsigned>() : (*owners)[bound.symbol];
      facts.bounds.push_back({operand, tensor, dim, bound.size});
    }
  return success();
}

/// Arithmetic on whole tensors, and casts: one shape throughout.
static LogicalResult uniteElementwise(Operation *op, DimClasses &dims) {
  SmallVector<Value> tensors;
  for (ValueRange values : {ValueRange(op->getOperands()), ValueRange(op->getResults())})
    llvm::copy_if(values, std::back_inserter(tensors), [](Value value) { return isa<RankedTensorType>(value.getType()); });
  for (Value tensor : ArrayRef(tensors).drop_front(tensors.empty() ? 0 : 1))
    if (failed(dims.uniteAll(tensors.front(), tensor)))
      return failure();
  return success();
}

static LogicalResult uniteOperation(Operation *op, Facts &facts) {
  if (auto call = dyn_cast<func::CallOp>(op))
    return uniteCall(call, facts);
  LogicalResult agrees = success();
  if (auto attention = dyn_cast<AttentionOp>(op))
    agrees = uniteAttention(attention, facts);
  else if (auto merge = dyn_cast<MergeOp>(op))
    agrees = uniteMerge(merge, facts.dims);
  else if (op->hasTrait<OpTrait::Elementwise>() || isa<tensor::CastOp>(op))
    agrees = uniteElementwise(op, facts.dims);
  return succeeded(agrees) ? agrees : emitDisagreement(op);
}

//===----------------------------------------------------------------------===//
// Names
//===----------------------------------------------------------------------===//

namespace {
/// Gives each class its symbol when it is first met.
class SymbolNames {
public:
  SymbolNames(DimClasses &dims, ShapeSymbols &result) : dims(dims), result(result) {}

  /// The extents of an argument, whose dynamic classes become symbols.
  SmallVector<Extent> name(Value value) {
    return getExtents(value, [&](unsigned root) { return symbols.try_emplace(root, addSymbolIfNew(root)).first->second; });
  }
  /// The extents of a result; a dynamic dimension of a class without a symbol has symbol and size -1.
  SmallVector<Extent> lookup(Value value) {
    return getExtents(value, [&](unsigned root) { return symbols.count(root) ? symbols.lookup(root) : -1; });
  }

private:
  SmallVector<Extent> getExtents(Value value, llvm::function_ref<int32_t(unsigned)> getSymbol) {
    SmallVector<Extent> extents;
    auto type = dyn_cast<RankedTensorType>(value.getType());
    for (unsigned dim = 0; type && dim < type.getRank(); ++dim) {
      unsigned root = dims.find(value, dim);
      int64_t size = dims.getSize(root);
      extents.push_back(ShapedType::isDynamic(size) ? Extent{ShapedType::kDynamic, getSymbol(root)} : Extent{size, -1});
    }
    return extents;
  }

  int32_t addSymbolIfNew(unsigned root) {
    if (symbols.count(root))
      return symbols.lookup(root);
    StringRef meaning = dims.getMeaning(root).empty() ? "N" : dims.getMeaning(root);
    unsigned number = uses[meaning]++;
    result.names.push_back(number ? (meaning + Twine(number)).str() : meaning.str());
    return result.names.size() - 1;
  }

  DimClasses &dims;
  ShapeSymbols &result;
  llvm::DenseMap<unsigned, int32_t> symbols;
  llvm::StringMap<unsigned> uses;
};
} // namespace

/// Every size of a result must be known before a call.
static LogicalResult verifyResult(Operation *terminator, unsigned index, ArrayRef<Extent> extents) {
  for (auto [dim, extent] : llvm::enumerate(extents))
    if (extent.isStatic() && ShapedType::isDynamic(extent.size))
      return terminator->emitOpError("expected the size of result ")
             << index << " in dimension " << dim << " to follow from an argument's, but it does not";
  return success();
}

static SmallVector<Extent, 1> getValueBounds(Value argument, Facts &facts, SymbolNames &names) {
  SmallVector<Extent, 1> result;
  for (const LengthBound &bound : facts.bounds) {
    if (bound.lengths != argument)
      continue;
    Extent extent = bound.tensor ? names.lookup(bound.tensor)[bound.dim] : Extent{bound.size, -1};
    bool isKnown = !extent.isStatic() || !ShapedType::isDynamic(extent.size);
    if (isKnown && !llvm::is_contained(result, extent))
      result.push_back(extent);
  }
  return result;
}

static FailureOr<ShapeSymbols> inferSymbols(func::FuncOp function, ArrayRef<func::FuncOp> callers) {
  if (function.isExternal() || !function.getBody().hasOneBlock())
    return function.emitOpError("expected a function with a body of one block");
  Facts facts;
  facts.callers = llvm::to_vector(callers);
  facts.callers.push_back(function);
  Block &body = function.getBody().front();
  for (Operation &op : body)
    if (failed(uniteOperation(&op, facts)))
      return failure();

  ShapeSymbols result;
  SymbolNames names(facts.dims, result);
  for (BlockArgument argument : body.getArguments())
    result.arguments.push_back(names.name(argument));
  for (BlockArgument argument : body.getArguments())
    result.valueBounds.push_back(getValueBounds(argument, facts, names));
  for (auto [index, value] : llvm::enumerate(body.getTerminator()->getOperands())) {
    result.results.push_back(names.lookup(value));
    if (failed(verifyResult(body.getTerminator(), index, result.results.back())))
      return failure();
  }
  auto remember = [&](Value value) {
    if (isa<RankedTensorType>(value.getType()))
      result.values[value] = names.lookup(value);
  };
  llvm::for_each(body.getArguments(), remember);
  for (Operation &op : body)
    llvm::for_each(op.getResults(), remember);
  return result;
}

FailureOr<ShapeSymbols> attn::inferShapeSymbols(func::FuncOp function) { return inferSymbols(function, {}); }

int32_t ShapeSymbols::find(StringRef name) const {
  const auto *place = llvm::find(names, name);
  return place == names.end() ? -1 : place - names.begin();
}
