//===- Signature.cpp - what the arguments of a function are ---------------===//

#include "codegen/Signature.h"
#include "dialect/AttnOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "llvm/ADT/StringSet.h"

using namespace mlir;
using namespace mlir::attn;

namespace {
/// What the uses of a function's values say about them.
struct Uses {
  llvm::DenseMap<Value, std::string> names;
  llvm::DenseMap<Value, ValueRule> rules;
  llvm::DenseSet<Value> rowStatistics;

  void name(Value value, StringRef name) {
    if (value)
      names.try_emplace(value, name.str());
  }
};
} // namespace

/// Numbers that a named mask takes are counts; those of a general set may be anything.
static void collectSetNames(MaskAttrInterface mask, llvm::StringSet<> &names) {
  mask.walk([&](SetAttr set) {
    SmallVector<StringAttr> mentioned;
    cast<MaskAttrInterface>(Attribute(set)).collectSymbols(mentioned);
    for (StringAttr name : mentioned)
      names.insert(name.getValue());
  });
}

static void collectAttention(AttentionOp op, Uses &uses) {
  uses.name(op.getQuery(), "q");
  uses.name(op.getKey(), "k");
  uses.name(op.getValue(), "v");
  uses.name(op.getScaleValue(), "scale");
  uses.name(op.getLengths(), "lengths");
  uses.name(op.getOffset(), "offset");
  uses.name(op.getOutput(), "o");
  uses.name(op.getLse(), "lse");
  uses.name(op.getRowMax(), "row_max");
  uses.rowStatistics.insert(op.getLse());
  uses.rowStatistics.insert(op.getRowMax());
  if (op.getScaleValue())
    uses.rules[op.getScaleValue()] = ValueRule::Positive;
  llvm::StringSet<> unrestricted;
  if (op.getMask())
    collectSetNames(*op.getMask(), unrestricted);
  for (auto [symbol, value] : llvm::zip(op.getSymbols(), op.getSymbolValues())) {
    // A number computed from an argument, as by index_cast, names the argument.
    Value source = value;
    while (Operation *cast = source.getDefiningOp()) {
      if (!isa<arith::IndexCastOp, arith::ExtSIOp, arith::TruncIOp>(cast))
        break;
      source = cast->getOperand(0);
    }
    uses.name(source, symbol.getValue());
    if (!unrestricted.contains(symbol.getValue()))
      uses.rules[source] = ValueRule::NotNegative;
  }
}

static void collectMerge(MergeOp op, Uses &uses) {
  uses.name(op.getLhs(), "o1");
  uses.name(op.getLhsLse(), "lse1");
  uses.name(op.getRhs(), "o2");
  uses.name(op.getRhsLse(), "lse2");
  uses.name(op.getOutput(), "o");
  uses.name(op.getLse(), "lse");
  uses.rowStatistics.insert(op.getLse());
}

/// A callee's parameters name the caller's values.
static LogicalResult collectCall(func::CallOp op, Uses &uses) {
  FailureOr<Signature> callee = inferSignature(SymbolTable::lookupNearestSymbolFrom<func::FuncOp>(op, op.getCalleeAttr()));
  if (failed(callee))
    return failure();
  for (auto [value, parameter] : llvm::zip_equal(op.getOperands(), callee->arguments)) {
    uses.name(value, parameter.name);
    if (parameter.rule != ValueRule::Any)
      uses.rules[value] = parameter.rule;
  }
  for (auto [value, parameter] : llvm::zip_equal(op.getResults(), callee->results)) {
    uses.name(value, parameter.name);
    if (parameter.isRowStatistic)
      uses.rowStatistics.insert(value);
  }
  return success();
}

static FailureOr<Uses> collectUses(func::FuncOp function) {
  Uses uses;
  for (Operation &op : function.getBody().front()) {
    if (auto attention = dyn_cast<AttentionOp>(op))
      collectAttention(attention, uses);
    else if (auto merge = dyn_cast<MergeOp>(op))
      collectMerge(merge, uses);
    else if (auto call = dyn_cast<func::CallOp>(op); call && failed(collectCall(call, uses)))
      return failure();
  }
  return uses;
}

/// `name`, or with the first number that makes it new.
static std::string makeUnique(const std::string &name, llvm::StringSet<> &taken) {
  std::string candidate = name;
  for (unsigned number = 1; !taken.insert(candidate).second; ++number)
    candidate = name + std::to_string(number);
  return candidate;
}

static LogicalResult checkType(func::FuncOp function, unsigned index, Type type) {
  if (isa<RankedTensorType>(type) || type.isIntOrIndexOrFloat())
    return success();
  return function.emitOpError("expected argument ") << index << " to be a ranked tensor or a scalar, but got " << type;
}

FailureOr<Signature> attn::inferSignature(func::FuncOp function) {
  for (auto [index, type] : llvm::enumerate(function.getArgumentTypes()))
    if (failed(checkType(function, index, type)))
      return failure();
  Signature signature;
  FailureOr<ShapeSymbols> shapes = inferShapeSymbols(function);
  if (failed(shapes))
    return failure();
  FailureOr<Uses> uses = collectUses(function);
  if (failed(uses))
    return failure();
  signature.shapes = std::move(*shapes);

  llvm::StringSet<> taken;
  auto getName = [&](Value value, StringRef fallback, unsigned index) {
    std::string known = uses->names.lookup(value);
    return makeUnique(known.empty() ? (fallback + Twine(index)).str() : known, taken);
  };
  for (BlockArgument argument : function.getArguments()) {
    unsigned index = argument.getArgNumber();
    signature.arguments.push_back({getName(argument, "arg", index), argument.getType(), signature.shapes.arguments[index],
                                   signature.shapes.valueBounds[index], uses->rules.lookup(argument), false});
  }
  for (auto [index, value] : llvm::enumerate(function.getBody().front().getTerminator()->getOperands()))
    signature.results.push_back({getName(value, "result", index),
                                 value.getType(),
                                 signature.shapes.results[index],
                                 {},
                                 ValueRule::Any,
                                 uses->rowStatistics.contains(value)});
  return signature;
}
