//===- Workload.cpp - what an attention has to compute --------------------===//

#include "tools/common/Workload.h"
#include "codegen/reference/Constants.h"
#include "codegen/reference/ScalarFunctions.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

#include <map>

using namespace mlir;
using namespace mlir::attn;

//===----------------------------------------------------------------------===//
// Numbers
//===----------------------------------------------------------------------===//

static int64_t getSize(const Signature &signature, const KnownValues &values, Value tensor, int64_t dim) {
  return signature.shapes.values.lookup(tensor)[dim].evaluate(values.sizes);
}

/// A scalar computed from scalar arguments, constants and sizes.
static std::optional<double> evaluateScalar(Value value, const Signature &signature, const KnownValues &values) {
  if (auto argument = dyn_cast<BlockArgument>(value))
    return values.scalars[argument.getArgNumber()];
  Operation *op = value.getDefiningOp();
  if (auto constant = dyn_cast<arith::ConstantOp>(op))
    return reference::getScalarConstant(constant);
  if (auto dim = dyn_cast<tensor::DimOp>(op)) {
    std::optional<double> index = evaluateScalar(dim.getIndex(), signature, values);
    return index ? std::optional<double>(getSize(signature, values, dim.getSource(), *index)) : std::nullopt;
  }
  reference::ScalarFunction function = reference::getScalarFunction(op, /*round=*/false);
  if (!function)
    return std::nullopt;
  SmallVector<double> operands;
  for (Value operand : op->getOperands()) {
    std::optional<double> number = evaluateScalar(operand, signature, values);
    if (!number)
      return std::nullopt;
    operands.push_back(*number);
  }
  return function(operands.data());
}

/// The elements of an integer tensor that is an argument; none if they are not known.
static ArrayRef<int64_t> getElements(Value tensor, const KnownValues &values) {
  auto argument = dyn_cast_or_null<BlockArgument>(tensor);
  return argument ? ArrayRef<int64_t>(values.integers[argument.getArgNumber()]) : ArrayRef<int64_t>();
}

/// The position of query row 0 in batch entry `b`.
static FailureOr<int64_t> getOffset(const Workload &work, int64_t b, const Signature &signature, const KnownValues &values) {
  AttentionOp op = work.op;
  Value offset = op.getOffset();
  if (!offset || isa<RankedTensorType>(offset.getType())) {
    ArrayRef<int64_t> given = getElements(offset, values);
    return given.empty() ? work.keys - work.queries : given[b];
  }
  if (std::optional<double> number = evaluateScalar(offset, signature, values))
    return int64_t(*number);
  return op.emitOpError("expected 'offset' to follow from arguments that are known, but it does not");
}

//===----------------------------------------------------------------------===//
// Workloads
//===----------------------------------------------------------------------===//

static FailureOr<Workload> getWorkload(AttentionOp op, const Signature &signature, const KnownValues &values) {
  auto size = [&](Value tensor, int64_t dim) { return getSize(signature, values, tensor, dim); };
  Value q = op.getQuery(), k = op.getKey(), v = op.getValue();
  MaskFormula mask = op.getMaskFormula().value_or(MaskFormula::allOf({}));
  Workload work = {op,         size(q, 0), size(q, 1),
                   size(q, 2), size(k, 2), size(q, 3),
                   size(v, 3), mask,       unsigned(2 + op.getSymbolValues().size()),
                   {}};
  SmallVector<int64_t> symbols = {work.queries, work.keys};
  for (Value symbol : op.getSymbolValues()) {
    std::optional<double> number = evaluateScalar(symbol, signature, values);
    if (!number)
      return op.emitOpError("expected the numbers of the mask to follow from arguments that are known, but they do not");
    symbols.push_back(*number);
  }
  ArrayRef<int64_t> lengths = getElements(op.getLengths(), values);
  for (int64_t b = 0; b < work.batches; ++b) {
    FailureOr<int64_t> offset = getOffset(work, b, signature, values);
    if (failed(offset))
      return failure();
    work.rows.push_back({b, 0, work.queries, *offset, lengths.empty() ? work.keys : std::min(work.keys, lengths[b]), symbols});
  }
  return work;
}

FailureOr<SmallVector<Workload>> attn::getWorkloads(func::FuncOp function, const Signature &signature,
                                                    const KnownValues &values) {
  SmallVector<Workload> result;
  for (auto op : function.getOps<AttentionOp>()) {
    FailureOr<Workload> work = getWorkload(op, signature, values);
    if (failed(work))
      return failure();
    result.push_back(std::move(*work));
  }
  return result;
}

PairCount Workload::countPairs() const {
  std::vector<Segmentation> parts = computeSegmentsApart(mask, numSymbols, AttentionOp(op).getContext());
  bool differs = dependsOnBatchOrHead(parts);
  PairCount total;
  // Batch entries that differ in nothing the mask sees are counted once.
  std::map<std::pair<int64_t, int64_t>, PairCount> known;
  for (const RowSet &batchRows : rows)
    for (int64_t head = 0; head < heads; ++head) {
      auto [place, isNew] = known.try_emplace({batchRows.offset, batchRows.numKeys});
      if (isNew || differs) {
        RowSet headRows = batchRows;
        headRows.head = head;
        place->second = countVisiblePairs(parts, headRows);
      }
      total.pairs += place->second.pairs;
      total.exact &= place->second.exact;
    }
  return total;
}
