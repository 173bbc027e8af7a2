//===- AttentionOps.cpp - attention and merge -----------------------------===//

#include "codegen/FloatFormats.h"
#include "codegen/reference/AttentionRow.h"
#include "codegen/reference/Operations.h"
#include "codegen/reference/Parallel.h"
#include <atomic>
#include <cmath>

using namespace mlir;
using namespace mlir::attn;
using namespace mlir::attn::reference;

static Type getElementType(Value value) { return cast<RankedTensorType>(value.getType()).getElementType(); }

//===----------------------------------------------------------------------===//
// Rules on run-time values
//===----------------------------------------------------------------------===//

static LogicalResult expectSize(AttentionOp op, StringRef name, const Array &array, unsigned dim, int64_t size) {
  if (array.size(dim) == size)
    return success();
  return op.emitOpError("expected '") << name << "' to have size " << size << " in dimension " << dim << ", but got "
                                      << array.size(dim);
}

/// The sizes that the types leave open.
static LogicalResult checkSizes(AttentionOp op, const Scope &scope) {
  const Array &q = scope.get(op.getQuery()), &k = scope.get(op.getKey()), &v = scope.get(op.getValue());
  if (failed(expectSize(op, "key", k, 0, q.size(0))) || failed(expectSize(op, "value", v, 0, q.size(0))) ||
      failed(expectSize(op, "value", v, 2, k.size(2))))
    return failure();
  for (auto [name, operand] : {std::pair<StringRef, Value>("lengths", op.getLengths()), {"offset", op.getOffset()}})
    if (operand && isa<RankedTensorType>(operand.getType()) && failed(expectSize(op, name, scope.get(operand), 0, q.size(0))))
      return failure();
  return success();
}

static LogicalResult checkValues(AttentionOp op, const Scope &scope) {
  if (op.getScaleValue())
    if (double scale = scope.getScalar(op.getScaleValue()); !(scale > 0.0) || !std::isfinite(scale))
      return op.emitOpError("expected 'scale' to be positive and finite, but got ") << scale;
  if (!op.getLengths())
    return success();
  int64_t keys = scope.get(op.getKey()).size(2);
  for (double length : scope.get(op.getLengths()).elements)
    if (length < 0 || length > keys)
      return op.emitOpError("expected 'lengths' to lie between 0 and the number of keys, ")
             << keys << ", but got " << int64_t(length);
  return success();
}

//===----------------------------------------------------------------------===//
// attn.attention
//===----------------------------------------------------------------------===//

static FailureOr<AttentionInputs> readInputs(AttentionOp op, const Scope &scope) {
  if (failed(checkSizes(op, scope)) || failed(checkValues(op, scope)))
    return failure();
  FailureOr<ScoreProgram> score = ScoreProgram::create(op, scope);
  if (failed(score))
    return failure();
  const Array &q = scope.get(op.getQuery()), &k = scope.get(op.getKey());
  SmallVector<int64_t> symbols = {q.size(2), k.size(2)};
  for (Value symbol : op.getSymbolValues())
    symbols.push_back(scope.getScalar(symbol));
  Array offset =
      op.getOffset() ? scope.get(op.getOffset()) : Array::scalar(IndexType::get(op.getContext()), k.size(2) - q.size(2));
  double scale = op.getScaleValue() ? scope.getScalar(op.getScaleValue()) : *op.getConstantScale();
  return AttentionInputs{q,
                         k,
                         scope.get(op.getValue()),
                         op.getGroup(),
                         scale,
                         op.getMaskFormula(),
                         symbols,
                         op.getLengths() ? &scope.get(op.getLengths()) : nullptr,
                         offset,
                         *score,
                         op.getNormalizerOrDefault(),
                         op.getPrecision() == ProductPrecision::TF32 ? FloatTF32Type::get(op.getContext())
                                                                     : cast<FloatType>(getElementType(op.getQuery())),
                         cast<FloatType>(getElementType(op.getOutput()))};
}

/// Whether every user keeps rows apart, so that rows nobody asked for may be left out.
static bool keepsRowsApart(Value output) {
  return llvm::all_of(output.getUsers(), [](Operation *user) {
    if (isa<AttentionOp, func::CallOp, tensor::ExtractOp>(user))
      return false;
    return llvm::all_of(user->getResults(), keepsRowsApart);
  });
}

static SmallVector<int64_t> chooseRows(AttentionOp op, int64_t queries, ArrayRef<int64_t> sample) {
  SmallVector<int64_t> rows;
  if (sample.empty() || !llvm::all_of(op->getResults(), keepsRowsApart))
    rows = llvm::to_vector(llvm::seq<int64_t>(0, queries));
  else
    llvm::copy_if(sample, std::back_inserter(rows), [&](int64_t row) { return row >= 0 && row < queries; });
  return rows;
}

LogicalResult reference::evalAttention(AttentionOp op, Scope &scope) {
  FailureOr<AttentionInputs> inputs = readInputs(op, scope);
  if (failed(inputs))
    return failure();
  inputs->draw = scope.getOptions().draw;
  const Array &q = inputs->query;
  int64_t batches = q.size(0), heads = q.size(1), queries = q.size(2);
  SmallVector<int64_t> rows = chooseRows(op, queries, scope.getOptions().rows);
  double missing = std::nan("");
  Type f32 = Float32Type::get(op.getContext());
  Array output(inputs->outputType, {batches, heads, queries, inputs->value.size(3)}, missing);
  Array lse(f32, {batches, heads, queries}, missing), rowMax = lse;

  auto *compute = scope.isPlain() ? computeRowPlainly : computeRowExactly;
  std::atomic<Operation *> outside(nullptr);
  parallelFor(batches * heads * rows.size(), scope.getOptions().threads, [&](int64_t task) {
    int64_t row = rows[task % rows.size()], bh = task / rows.size(), b = bh / heads, h = bh % heads;
    ScoreProgram::State state = inputs->score.makeState();
    RowOutput result = {output.row(b, h, row), 0.0, 0.0};
    compute(*inputs, b, h, row, state, result);
    lse.at({b, h, row}) = result.lse;
    rowMax.at({b, h, row}) = result.rowMax;
    if (state.outside)
      outside = state.outside;
  });
  if (Operation *extract = outside)
    return extract->emitOpError("expected indices inside the tensor for every visible pair, but got some outside");

  scope.set(op.getOutput(), std::move(output));
  if (op.getLse())
    scope.set(op.getLse(), std::move(lse));
  if (op.getRowMax())
    scope.set(op.getRowMax(), std::move(rowMax));
  return success();
}

//===----------------------------------------------------------------------===//
// attn.merge
//===----------------------------------------------------------------------===//

/// One row of the merged output. A side whose factor is 0 does not count, whatever it holds.
static void mergeRow(double factorA, const double *a, double factorB, const double *b, double *result, int64_t size) {
  for (int64_t d = 0; d < size; ++d)
    result[d] = (factorA == 0.0 ? 0.0 : factorA * a[d]) + (factorB == 0.0 ? 0.0 : factorB * b[d]);
}

LogicalResult reference::evalMerge(MergeOp op, Scope &scope) {
  const Array &a = scope.get(op.getLhs()), &b = scope.get(op.getRhs());
  const Array &lseA = scope.get(op.getLhsLse()), &lseB = scope.get(op.getRhsLse());
  ArrayRef<int64_t> rows = ArrayRef(a.shape).drop_back();
  if (a.shape != b.shape || ArrayRef(lseA.shape) != rows || ArrayRef(lseB.shape) != rows)
    return op.emitOpError("expected both sides to have the same sizes, but they differ");
  auto type = cast<FloatType>(getElementType(op.getOutput()));
  Array output(type, a.shape), lse(lseA.elementType, rows);
  int64_t size = a.size(3);
  for (size_t row = 0; row < lse.elements.size(); ++row) {
    RowMerge merge = op.getNormalizerOrDefault().evaluateMerge(lseA.elements[row], lseB.elements[row]);
    lse.elements[row] = scope.isPlain() ? float(merge.lse) : merge.lse;
    mergeRow(merge.factorA, a.elements.data() + row * size, merge.factorB, b.elements.data() + row * size,
             output.elements.data() + row * size, size);
  }
  if (scope.isPlain())
    for (double &element : output.elements)
      element = roundToType(float(element), type);
  scope.set(op.getOutput(), std::move(output));
  scope.set(op.getLse(), std::move(lse));
  return success();
}
