//===- TensorOps.cpp - constants, elementwise arithmetic, tensor ----------===//

#include "codegen/reference/Constants.h"
#include "codegen/reference/Operations.h"
#include "codegen/reference/ScalarFunctions.h"

using namespace mlir;
using namespace mlir::attn;
using namespace mlir::attn::reference;

static double toDouble(const APFloat &value) {
  APFloat wide = value;
  bool losesInfo;
  wide.convert(APFloat::IEEEdouble(), APFloat::rmNearestTiesToEven, &losesInfo);
  return wide.convertToDouble();
}

/// i1 is stored as 0 or 1, every other integer as a signed number.
static double toDouble(const APInt &value) { return value.getBitWidth() == 1 ? value.getZExtValue() : value.getSExtValue(); }

std::optional<double> reference::getScalarConstant(arith::ConstantOp op) {
  if (auto number = dyn_cast<FloatAttr>(op.getValue()))
    return toDouble(number.getValue());
  if (auto number = dyn_cast<IntegerAttr>(op.getValue()))
    return toDouble(number.getValue());
  return std::nullopt;
}

LogicalResult reference::evalConstant(arith::ConstantOp op, Scope &scope) {
  if (std::optional<double> number = getScalarConstant(op)) {
    scope.set(op.getResult(), Array::scalar(op.getType(), *number));
    return success();
  }
  auto dense = dyn_cast<DenseElementsAttr>(op.getValue());
  if (!dense)
    return op.emitOpError("expected a number or dense elements, but got ") << op.getValue();
  Array array(dense.getElementType(), dense.getType().getShape());
  if (isa<FloatType>(dense.getElementType()))
    llvm::transform(dense.getValues<APFloat>(), array.elements.begin(), [](const APFloat &value) { return toDouble(value); });
  else
    llvm::transform(dense.getValues<APInt>(), array.elements.begin(), [](const APInt &value) { return toDouble(value); });
  scope.set(op.getResult(), std::move(array));
  return success();
}

LogicalResult reference::evalDim(tensor::DimOp op, Scope &scope) {
  const Array &source = scope.get(op.getSource());
  double dim = scope.getScalar(op.getIndex());
  if (dim < 0 || dim >= source.shape.size())
    return op.emitOpError("expected a dimension below the rank, ") << source.shape.size() << ", but got " << int64_t(dim);
  scope.set(op.getResult(), Array::scalar(op.getType(), source.shape[dim]));
  return success();
}

LogicalResult reference::evalExtract(tensor::ExtractOp op, Scope &scope) {
  const Array &source = scope.get(op.getTensor());
  SmallVector<int64_t> indices;
  for (auto [index, size] : llvm::zip_equal(op.getIndices(), source.shape)) {
    indices.push_back(scope.getScalar(index));
    if (indices.back() < 0 || indices.back() >= size)
      return op.emitOpError("expected an index below the size, ") << size << ", but got " << indices.back();
  }
  scope.set(op.getResult(), Array::scalar(op.getType(), source.at(indices)));
  return success();
}

LogicalResult reference::evalCast(tensor::CastOp op, Scope &scope) {
  scope.set(op.getResult(), scope.share(op.getSource()));
  return success();
}

LogicalResult reference::evalElementwise(Operation *op, Scope &scope) {
  ScalarFunction function = getScalarFunction(op, scope.isPlain());
  if (!function)
    return op->emitOpError("expected an operation that the reference interpreter knows");
  SmallVector<const Array *> operands;
  const Array *largest = nullptr;
  for (Value operand : op->getOperands()) {
    operands.push_back(&scope.get(operand));
    if (!largest || operands.back()->shape.size() > largest->shape.size())
      largest = operands.back();
  }
  // Scalars go with every element: the condition of arith.select may be one.
  for (const Array *operand : operands)
    if (!operand->shape.empty() && operand->shape != largest->shape)
      return op->emitOpError("expected operands of one shape, but their sizes differ");
  Array result(getElementTypeOrSelf(op->getResult(0).getType()), largest->shape);
  SmallVector<double> numbers(operands.size());
  for (size_t element = 0; element < result.elements.size(); ++element) {
    for (size_t n = 0; n < operands.size(); ++n)
      numbers[n] = operands[n]->elements[operands[n]->shape.empty() ? 0 : element];
    result.elements[element] = function(numbers.data());
  }
  scope.set(op->getResult(0), std::move(result));
  return success();
}
