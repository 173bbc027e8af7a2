//===- ScoreHooks.h - what a description does to scores ---------*- C++ -*-===//

#ifndef ATTN_CODEGEN_CPU_LOWER_SCOREHOOKS_H
#define ATTN_CODEGEN_CPU_LOWER_SCOREHOOKS_H

#include "codegen/cpu/lower/KernelLibrary.h"
#include "codegen/cpu/lower/LaneRegion.h"
#include <optional>

namespace mlir::attn {

/// Score arithmetic and predicate of one panel kernel, whose lanes are rows. The kernel's extra values are PositionValues, then what the score
/// region captures, then the numbers of the segment's predicate.
class PanelScoreHook {
public:
  explicit PanelScoreHook(const ScoreTreatment &scores);

  bool isIdentity() const { return !scores.map && !predicate; }
  Value apply(ImplicitLocOpBuilder &b, Value score, const ScoreContext &context);

private:
  /// Head and position of each row of a lane vector, computed at the top of the kernel.
  struct RowLanes {
    Value head, query;
  };
  RowLanes getRowLanes(ImplicitLocOpBuilder &b, unsigned lanes, const ScoreContext &context);

  ScoreTreatment scores;
  std::optional<MaskFormula> predicate;
  unsigned numCaptured = 0;
  std::optional<LaneRegion> region;
  std::map<unsigned, RowLanes> rowLanes;
};

/// The same for the kernel of few rows, whose lanes are keys.
class StreamScoreHook {
public:
  explicit StreamScoreHook(const ScoreTreatment &scores);

  bool isIdentity() const { return !scores.map && !predicate; }
  Value apply(ImplicitLocOpBuilder &b, Value score, const ScoreContext &context);

private:
  ScoreTreatment scores;
  std::optional<MaskFormula> predicate;
  unsigned numCaptured = 0;
};

/// The values that a kernel call passes on to the hook.
SmallVector<Value> getHookValues(const PositionValues &positions, const ScoreTreatment &scores, llvm::function_ref<Value(Value)> lookup);

} // namespace mlir::attn

#endif // ATTN_CODEGEN_CPU_LOWER_SCOREHOOKS_H
