//===- ScoreProgram.cpp - a score region, ready to run --------------------===//

#include "codegen/reference/ScoreProgram.h"
#include "codegen/reference/Constants.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include <cmath>

using namespace mlir;
using namespace mlir::attn;
using namespace mlir::attn::reference;

/// A value's register: new ones take their number from the scope, if it knows the value.
unsigned ScoreProgram::getRegister(Value value, const Scope &scope) {
  auto [place, isNew] = numbers.try_emplace(value, initial.size());
  if (isNew)
    initial.push_back(scope.knows(value) ? scope.getScalar(value) : 0.0);
  return place->second;
}

LogicalResult ScoreProgram::addStep(Operation &op, const Scope &scope) {
  if (auto constant = dyn_cast<arith::ConstantOp>(op)) {
    initial[getRegister(constant.getResult(), scope)] = *getScalarConstant(constant);
    return success();
  }
  Step step;
  step.op = &op;
  ValueRange operands = op.getOperands();
  if (auto extract = dyn_cast<tensor::ExtractOp>(op)) {
    step.tensor = scope.share(extract.getTensor());
    operands = extract.getIndices();
  } else if (!(step.function = getScalarFunction(&op, scope.isPlain()))) {
    return op.emitOpError("expected an operation that the reference interpreter knows");
  }
  for (Value operand : operands)
    step.operands.push_back(getRegister(operand, scope));
  step.result = getRegister(op.getResult(0), scope);
  steps.push_back(std::move(step));
  return success();
}

FailureOr<ScoreProgram> ScoreProgram::create(AttentionOp op, const Scope &scope) {
  ScoreProgram program;
  if (op.getScore().empty()) {
    program.initial.push_back(0.0);
    return program;
  }
  Block &block = op.getScore().front();
  for (BlockArgument argument : block.getArguments())
    program.getRegister(argument, scope);
  for (Operation &nested : block.without_terminator())
    if (failed(program.addStep(nested, scope)))
      return failure();
  program.yielded = program.getRegister(block.getTerminator()->getOperand(0), scope);
  return program;
}

/// The element at these indices; none if one lies outside.
static std::optional<double> extract(const Array &tensor, ArrayRef<double> indices) {
  SmallVector<int64_t> position;
  for (auto [index, size] : llvm::zip_equal(indices, tensor.shape)) {
    if (index < 0 || index >= size)
      return std::nullopt;
    position.push_back(index);
  }
  return tensor.at(position);
}

double ScoreProgram::run(State &state, double score, int64_t b, int64_t h, int64_t i, int64_t j) const {
  std::vector<double> &registers = state.registers;
  registers[0] = score;
  if (steps.empty())
    return registers[yielded];
  registers[1] = b;
  registers[2] = h;
  registers[3] = i;
  registers[4] = j;
  for (const Step &step : steps) {
    SmallVector<double, 4> operands;
    for (unsigned operand : step.operands)
      operands.push_back(registers[operand]);
    if (step.function) {
      registers[step.result] = step.function(operands.data());
      continue;
    }
    std::optional<double> element = extract(*step.tensor, operands);
    if (!element && !state.outside)
      state.outside = step.op;
    registers[step.result] = element.value_or(std::nan(""));
  }
  return registers[yielded];
}
