//===- AttnOps.cpp - rules of the specification phase ---------------------===//

#include "dialect/AttnOps.h"
#include "dialect/OpSyntax.h"
#include "llvm/ADT/StringSet.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Builders.h"
#include <cmath>

using namespace mlir;
using namespace mlir::attn;

#define GET_OP_CLASSES
#include "dialect/AttnOps.cpp.inc"

/// Largest supported head dimension: an accumulator row must fit the caches and registers it is meant for.
static constexpr int64_t kMaxHeadDim = 4096;

//===----------------------------------------------------------------------===//
// Shared rules
//===----------------------------------------------------------------------===//

static bool isInputType(Type type) { return type.isF32() || type.isBF16() || type.isF16(); }

/// A [batch, head, sequence, dim] tensor of a supported element type with static head count and dim.
static LogicalResult verifyOperand(Operation *op, StringRef name, RankedTensorType type) {
  if (type.getRank() != 4)
    return op->emitOpError("expected '") << name << "' to be a [batch, head, sequence, dim] tensor of rank 4, but got " << type;
  if (!isInputType(type.getElementType()))
    return op->emitOpError("expected '") << name << "' to have element type f32, bf16 or f16, but got " << type.getElementType();
  if (type.isDynamicDim(1) || type.isDynamicDim(3))
    return op->emitOpError("expected '") << name << "' to have a static head count and head dim, but got " << type;
  if (type.getDimSize(1) < 1 || type.getDimSize(3) < 1)
    return op->emitOpError("expected '") << name << "' to have at least one head and one dim, but got " << type;
  if (type.getDimSize(3) > kMaxHeadDim)
    return op->emitOpError("expected the head dim of '") << name << "' to be at most " << kMaxHeadDim << ", but got " << type.getDimSize(3);
  return success();
}

static bool mayDiffer(int64_t a, int64_t b) { return !ShapedType::isDynamic(a) && !ShapedType::isDynamic(b) && a != b; }

/// Two dimensions that must have one size, as far as they are static.
static LogicalResult verifySameSize(Operation *op, StringRef what, StringRef nameA, RankedTensorType a, int64_t dimA, StringRef nameB,
                                    RankedTensorType b, int64_t dimB) {
  if (!mayDiffer(a.getDimSize(dimA), b.getDimSize(dimB)))
    return success();
  return op->emitOpError("expected '") << nameA << "' and '" << nameB << "' to have the same " << what << ", but got " << a.getDimSize(dimA)
                                       << " and " << b.getDimSize(dimB);
}

/// One f32 per row of the output.
static LogicalResult verifyRowResult(Operation *op, StringRef name, RankedTensorType type, RankedTensorType output) {
  if (type.getRank() != 3 || !type.getElementType().isF32())
    return op->emitOpError("expected '") << name << "' to be an f32 [batch, head, query] tensor, but got " << type;
  for (int64_t dim = 0; dim < 3; ++dim)
    if (type.getDimSize(dim) != output.getDimSize(dim))
      return op->emitOpError("expected '") << name << "' to have the batch, head and query sizes of the output, but got " << type << " for "
                                           << output;
  return success();
}

//===----------------------------------------------------------------------===//
// AttentionOp
//===----------------------------------------------------------------------===//

int64_t AttentionOp::getGroup() {
  return cast<RankedTensorType>(getQuery().getType()).getDimSize(1) / cast<RankedTensorType>(getKey().getType()).getDimSize(1);
}

NormalizerAttrInterface AttentionOp::getNormalizerOrDefault() {
  if (auto normalizer = getNormalizer())
    return *normalizer;
  return cast<NormalizerAttrInterface>(Attribute(SoftmaxAttr::get(getContext())));
}

SmallVector<StringAttr> AttentionOp::getSymbols() {
  if (!getSymbolNames())
    return {};
  return llvm::to_vector(getSymbolNames()->getAsRange<StringAttr>());
}

std::optional<MaskFormula> AttentionOp::getMaskFormula() {
  if (!getMask())
    return std::nullopt;
  SmallVector<StringAttr> symbols = getSymbols();
  return getMask()->getFormula(MaskBuilder(getContext(), symbols));
}

std::optional<double> AttentionOp::getConstantScale() {
  if (getScaleValue())
    return std::nullopt;
  if (getScale())
    return getScale()->convertToDouble();
  return 1.0 / std::sqrt(double(cast<RankedTensorType>(getQuery().getType()).getDimSize(3)));
}

static LogicalResult verifyTensors(AttentionOp op) {
  auto q = cast<RankedTensorType>(op.getQuery().getType()), k = cast<RankedTensorType>(op.getKey().getType());
  auto v = cast<RankedTensorType>(op.getValue().getType()), o = cast<RankedTensorType>(op.getOutput().getType());
  if (failed(verifyOperand(op, "query", q)) || failed(verifyOperand(op, "key", k)) || failed(verifyOperand(op, "value", v)) ||
      failed(verifyOperand(op, "output", o)))
    return failure();
  if (q.getElementType() != k.getElementType() || q.getElementType() != v.getElementType())
    return op.emitOpError("expected 'query', 'key' and 'value' to have one element type, but got ")
           << q.getElementType() << ", " << k.getElementType() << " and " << v.getElementType();
  if (failed(verifySameSize(op, "batch size", "query", q, 0, "key", k, 0)) || failed(verifySameSize(op, "batch size", "key", k, 0, "value", v, 0)) ||
      failed(verifySameSize(op, "number of heads", "key", k, 1, "value", v, 1)) ||
      failed(verifySameSize(op, "number of keys", "key", k, 2, "value", v, 2)) ||
      failed(verifySameSize(op, "head dim", "query", q, 3, "key", k, 3)))
    return failure();
  if (q.getDimSize(1) % k.getDimSize(1) != 0)
    return op.emitOpError("expected the number of query heads to be a multiple of the number of key heads, but got ")
           << q.getDimSize(1) << " and " << k.getDimSize(1);
  SmallVector<int64_t> shape = {q.getDimSize(0), q.getDimSize(1), q.getDimSize(2), v.getDimSize(3)};
  if (o.getShape() != ArrayRef<int64_t>(shape))
    return op.emitOpError("expected 'output' to have the batch, head and query sizes of 'query' and the head dim of 'value', but got ") << o;
  if (op.getLse() && failed(verifyRowResult(op, "lse", cast<RankedTensorType>(op.getLse().getType()), o)))
    return failure();
  if (op.getRowMax() && failed(verifyRowResult(op, "row_max", cast<RankedTensorType>(op.getRowMax().getType()), o)))
    return failure();
  return success();
}

static LogicalResult verifyScale(AttentionOp op) {
  if (op.getScale() && op.getScaleValue())
    return op.emitOpError("expected a constant or a run-time scale, but got both");
  if (!op.getScale())
    return success();
  double scale = op.getScale()->convertToDouble();
  if (!(scale > 0.0) || !std::isfinite(scale))
    return op.emitOpError("expected 'scale' to be positive and finite, but got ") << scale;
  return success();
}

static LogicalResult verifyPrecision(AttentionOp op) {
  Type element = cast<RankedTensorType>(op.getQuery().getType()).getElementType();
  if (op.getPrecision() && !element.isF32())
    return op.emitOpError("expected 'precision' only where 'query', 'key' and 'value' are f32, but got ") << element;
  return success();
}

static LogicalResult verifyIntegerVector(AttentionOp op, StringRef name, RankedTensorType type) {
  if (type.getRank() != 1 || !type.getElementType().isInteger(32))
    return op.emitOpError("expected '") << name << "' to be an i32 [batch] tensor, but got " << type;
  return verifySameSize(op, "batch size", "query", cast<RankedTensorType>(op.getQuery().getType()), 0, name, type, 0);
}

static LogicalResult verifySymbols(AttentionOp op) {
  SmallVector<StringAttr> bound = op.getSymbols();
  if (bound.size() != op.getSymbolValues().size())
    return op.emitOpError("expected a value for each symbol, but got ") << bound.size() << " names and " << op.getSymbolValues().size() << " values";
  llvm::StringSet<> seen;
  for (StringAttr name : bound)
    if (!seen.insert(name.getValue()).second)
      return op.emitOpError("expected different symbols, but got '") << name.getValue() << "' twice";
  SmallVector<StringAttr> mentioned;
  if (op.getMask())
    op.getMask()->collectSymbols(mentioned);
  for (StringAttr name : mentioned)
    if (!seen.contains(name.getValue()))
      return op.emitOpError("expected the mask's number '") << name.getValue() << "' to be bound by symbols(" << name.getValue() << " = ...)";
  for (StringAttr name : bound)
    if (!llvm::is_contained(mentioned, name))
      return op.emitOpError("expected the mask to mention symbol '") << name.getValue() << "', but it does not";
  return success();
}

LogicalResult AttentionOp::verify() {
  if (failed(verifyTensors(*this)) || failed(verifyScale(*this)) || failed(verifyPrecision(*this)))
    return failure();
  if (getLengths() && failed(verifyIntegerVector(*this, "lengths", cast<RankedTensorType>(getLengths().getType()))))
    return failure();
  if (auto offset = getOffset())
    if (auto type = dyn_cast<RankedTensorType>(offset.getType()); type && failed(verifyIntegerVector(*this, "offset", type)))
      return failure();
  return verifySymbols(*this);
}

/// Score arithmetic is scalar: what a kernel applies to one number in a register.
static LogicalResult verifyScoreOperation(AttentionOp op, Operation &nested) {
  StringRef dialect = nested.getName().getDialectNamespace();
  if (isa<YieldOp, tensor::ExtractOp>(nested))
    return success();
  if (dialect != "arith" && dialect != "math")
    return nested.emitOpError("expected only arith, math and tensor.extract operations in a score region");
  for (Type type : nested.getResultTypes())
    if (!type.isIntOrIndexOrFloat())
      return nested.emitOpError("expected scalar arithmetic in a score region, but got ") << type;
  return success();
}

LogicalResult AttentionOp::verifyRegions() {
  if (getScore().empty())
    return success();
  if (!getScore().hasOneBlock())
    return emitOpError("expected 'score' to be one block");
  Block &block = getScore().front();
  Type index = IndexType::get(getContext());
  SmallVector<Type> expected = {Float32Type::get(getContext()), index, index, index, index};
  if (!llvm::equal(block.getArgumentTypes(), expected))
    return emitOpError("expected 'score' to take (score: f32, batch: index, head: index, query: index, key: index), but got (")
           << block.getArgumentTypes() << ")";
  auto yield = block.empty() ? nullptr : dyn_cast<YieldOp>(block.back());
  if (!yield)
    return emitOpError("expected 'score' to end with attn.yield");
  if (yield.getNumOperands() != 1 || !yield.getOperand(0).getType().isF32())
    return yield.emitOpError("expected the score region to yield one f32, but got (") << yield.getOperandTypes() << ")";
  for (Operation &nested : block)
    if (failed(verifyScoreOperation(*this, nested)))
      return failure();
  return success();
}

//===----------------------------------------------------------------------===//
// MergeOp
//===----------------------------------------------------------------------===//

NormalizerAttrInterface MergeOp::getNormalizerOrDefault() {
  if (auto normalizer = getNormalizer())
    return *normalizer;
  return cast<NormalizerAttrInterface>(Attribute(SoftmaxAttr::get(getContext())));
}

LogicalResult MergeOp::verify() {
  auto output = cast<RankedTensorType>(getOutput().getType());
  if (failed(verifyOperand(*this, "output", output)))
    return failure();
  return verifyRowResult(*this, "lse", cast<RankedTensorType>(getLse().getType()), output);
}
