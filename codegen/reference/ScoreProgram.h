//===- ScoreProgram.h - a score region, ready to run ------------*- C++ -*-===//

#ifndef ATTN_CODEGEN_REFERENCE_SCOREPROGRAM_H
#define ATTN_CODEGEN_REFERENCE_SCOREPROGRAM_H

#include "codegen/reference/ScalarFunctions.h"
#include "codegen/reference/Scope.h"
#include "dialect/AttnOps.h"

namespace mlir::attn::reference {

/// The arithmetic of a score region as a list of steps on numbered registers, because it runs once for each visible pair.
class ScoreProgram {
public:
  /// What a run works on; one per thread.
  struct State {
    std::vector<double> registers;
    /// The first tensor.extract that was asked for an element outside its tensor; it gave NaN.
    Operation *outside = nullptr;
  };

  /// Reads the region, if there is one; values from outside are taken from the scope. Fails for operations that are not known.
  static FailureOr<ScoreProgram> create(AttentionOp op, const Scope &scope);

  State makeState() const { return {initial, nullptr}; }
  /// The new score of (score, b, h, i, j).
  double run(State &state, double score, int64_t b, int64_t h, int64_t i, int64_t j) const;

private:
  struct Step {
    Operation *op;
    SmallVector<unsigned> operands;
    unsigned result;
    /// Null for tensor.extract, which has a tensor.
    ScalarFunction function;
    std::shared_ptr<const Array> tensor;
  };

  unsigned getRegister(Value value, const Scope &scope);
  LogicalResult addStep(Operation &op, const Scope &scope);

  std::vector<Step> steps;
  llvm::DenseMap<Value, unsigned> numbers;
  std::vector<double> initial;
  unsigned yielded = 0;
};

} // namespace mlir::attn::reference

#endif // ATTN_CODEGEN_REFERENCE_SCOREPROGRAM_H
