//===- ScoreStep.cpp - a piece of a score region --------------------------===//

#include "test/lib/attn-fuzz/ScoreStep.h"

#include <cstdio>

using namespace mlir::attn::fuzz;

namespace {
/// Writes operations line by line, giving names of its step.
class Writer {
public:
  explicit Writer(int id) : prefix("%v" + std::to_string(id) + "_"), score("%s" + std::to_string(id)), next("%s" + std::to_string(id + 1)) {}

  /// A new value computed by `operation`.
  std::string add(const std::string &operation) {
    std::string name = prefix + std::to_string(count++);
    write(name, operation);
    return name;
  }
  std::string number(double value) {
    char text[40];
    std::snprintf(text, sizeof text, "arith.constant %.6e : f32", value);
    return add(text);
  }
  std::string index(int64_t value) { return add("arith.constant " + std::to_string(value) + " : index"); }
  std::string toFloat(const std::string &index) {
    return add("arith.sitofp " + add("arith.index_cast " + index + " : index to i32") + " : i32 to f32");
  }
  /// The step's result.
  void finish(const std::string &operation) { write(next, operation); }
  /// -inf where `condition` holds.
  void hideWhere(const std::string &condition) {
    std::string hidden = add("arith.constant 0xFF800000 : f32");
    finish("arith.select " + condition + ", " + hidden + ", " + score + " : f32");
  }

  const std::string prefix, score, next;
  std::string text;

private:
  void write(const std::string &name, const std::string &operation) { text += "          " + name + " = " + operation + "\n"; }
  int count = 0;
};
} // namespace

static const char *const kElementary[] = {"math.tanh", "math.exp2", "math.absf", "math.exp", "math.sin", "math.floor", "math.atan"};

static void writeSoftCap(Writer &w, const std::string &limit) {
  std::string bounded = w.add("math.tanh " + w.add("arith.divf " + w.score + ", " + limit + " : f32") + " : f32");
  w.finish("arith.mulf " + bounded + ", " + limit + " : f32");
}

static void writeTable(Writer &w, const std::string &table) {
  std::string distance = w.add("arith.subi %i, %j : index"), last = w.index(ScoreStep::kTableSize - 1), zero = w.index(0);
  std::string place = w.add("arith.minsi " + w.add("arith.maxsi " + distance + ", " + zero + " : index") + ", " + last + " : index");
  std::string entry = w.add("tensor.extract " + table + "[%h, " + place + "] : tensor<?x" + std::to_string(ScoreStep::kTableSize) + "xf32>");
  w.finish("arith.addf " + w.score + ", " + entry + " : f32");
}

static void writeElementary(Writer &w, const ScoreStep &step) {
  // Bounded first: an exponential of a large score says nothing.
  std::string one = w.number(1.0), minusOne = w.number(-1.0);
  std::string bounded = w.add("arith.minimumf " + w.add("arith.maximumf " + w.score + ", " + minusOne + " : f32") + ", " + one + " : f32");
  std::string value = w.add(std::string(kElementary[step.step % std::size(kElementary)]) + " " + bounded + " : f32");
  w.finish("arith.addf " + w.score + ", " + value + " : f32");
}

static void writeDistance(Writer &w, double constant) {
  std::string distance = w.toFloat(w.add("arith.subi %i, %j : index"));
  std::string below = w.add("arith.addf " + w.add("math.absf " + distance + " : f32") + ", " + w.number(1.0) + " : f32");
  w.finish("arith.addf " + w.score + ", " + w.add("arith.divf " + w.number(constant) + ", " + below + " : f32") + " : f32");
}

std::string ScoreStep::getOperand() const {
  switch (kind) {
  case SoftCapLimit: return "limit" + std::to_string(id);
  case Slopes: return "slopes" + std::to_string(id);
  case Table: return "table" + std::to_string(id);
  case KeyBias: return "bias" + std::to_string(id);
  default: return {};
  }
}

std::string ScoreStep::print() const {
  Writer w(id);
  std::string operand = "%" + getOperand();
  switch (kind) {
  case SoftCap: writeSoftCap(w, w.number(constant)); break;
  case SoftCapLimit: writeSoftCap(w, operand); break;
  case Slopes: {
    std::string slope = w.add("tensor.extract " + operand + "[%h] : tensor<?xf32>");
    std::string distance = w.toFloat(w.add("arith.subi %j, %i : index"));
    w.finish("arith.addf " + w.score + ", " + w.add("arith.mulf " + slope + ", " + distance + " : f32") + " : f32");
    break;
  }
  case Table: writeTable(w, operand); break;
  case KeyBias:
    w.finish("arith.addf " + w.score + ", " + w.add("tensor.extract " + operand + "[%b, %j] : tensor<?x?xf32>") + " : f32");
    break;
  case Affine:
    w.finish("arith.addf " + w.add("arith.mulf " + w.score + ", " + w.number(constant) + " : f32") + ", " + w.number(0.25) + " : f32");
    break;
  case Elementary: writeElementary(w, *this); break;
  case Distance: writeDistance(w, constant); break;
  case HideByHead: {
    std::string rest = w.add("arith.remsi " + w.add("arith.addi %j, %h : index") + ", " + w.index(step) + " : index");
    w.hideWhere(w.add("arith.cmpi eq, " + rest + ", " + w.index(0) + " : index"));
    break;
  }
  case HideFuture: w.hideWhere(w.add("arith.cmpi sgt, %j, %i : index")); break;
  case HideBatch: {
    std::string odd = w.add("arith.cmpi ne, " + w.add("arith.remsi %b, " + w.index(2) + " : index") + ", " + w.index(0) + " : index");
    w.hideWhere(w.add("arith.andi " + odd + ", " + w.add("arith.cmpi slt, %j, " + w.index(step) + " : index") + " : i1"));
    break;
  }
  case HideSmall: w.hideWhere(w.add("arith.cmpf olt, " + w.score + ", " + w.number(-constant) + " : f32")); break;
  case Constant: w.finish("arith.mulf " + w.number(constant) + ", " + w.number(0.5) + " : f32"); break;
  }
  return w.text;
}

ScoreStep mlir::attn::fuzz::drawScoreStep(Random &random) {
  ScoreStep step;
  do
    step.kind = ScoreStep::Kind(random.between(0, ScoreStep::kNumKinds - 1));
  while (step.kind == ScoreStep::Constant && !random.chance(0.2));
  step.constant = random.pick({0.5, 1.0, 1.5, 3.0, 20.0, 50.0});
  if (step.kind == ScoreStep::Affine)
    step.constant = random.pick({0.5, 1.5, -1.0, 1.0});
  step.step = random.between(2, 40);
  return step;
}
