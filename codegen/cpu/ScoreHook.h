//===- ScoreHook.h - score arithmetic inside the CPU kernels ----*- C++ -*-===//
//
// The kernels know loops, registers and memory. The arithmetic of a description comes in through two hooks: its function of the
// score, as declared here, and its normaliser attribute. Both emit elementwise arith and math operations on vectors of lanes.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_CODEGEN_CPU_SCOREHOOK_H
#define ATTN_CODEGEN_CPU_SCOREHOOK_H

#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "mlir/IR/Value.h"
#include "mlir/IR/ValueRange.h"
#include "llvm/ADT/STLFunctionalExtras.h"

namespace mlir::attn {

/// Where a vector of scores lies. In the panel kernel the lanes are query rows of one key; in the decode kernel they are
/// consecutive keys of one query row.
struct ScoreContext {
  /// Index, relative to the tile's first key: the key of all lanes, or the key of lane 0.
  Value keyInTile;
  /// Panel kernel: lanes hold the rows `laneVector * lanes + lane` of the panel. 0 in the decode kernel.
  unsigned laneVector;
  /// Decode kernel: the query row (index). Null in the panel kernel.
  Value row;
  /// The values passed to the kernel for its hooks, in the order of the configuration's `extraTypes`.
  ValueRange extra;
};

/// Returns the score that replaces `score`, a vector<lanes x f32>. Null where a description leaves scores alone.
using ScoreHook = llvm::function_ref<Value(ImplicitLocOpBuilder &, Value score, const ScoreContext &)>;

} // namespace mlir::attn

#endif // ATTN_CODEGEN_CPU_SCOREHOOK_H
