//===- BarrierRing.h - who may use which stage of a buffer ------*- C++ -*-===//

#ifndef ATTN_CODEGEN_NVPTX_BARRIERRING_H
#define ATTN_CODEGEN_NVPTX_BARRIERRING_H

#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace mlir::attn {

/// A buffer of `stages` parts that are filled and emptied in turn: use number n is stage n % stages. Each stage has a barrier that opens when it is
/// full and one that opens when it is empty. All uses are counted from the start of the kernel.
class BarrierRing {
public:
  /// Barriers at byte `offset` of shared memory `base` (pointer). `stages`: a power of two. `producers`, `consumers`: arrivals that open a barrier.
  BarrierRing(Value base, int64_t offset, int64_t stages, int64_t producers, int64_t consumers)
      : base(base), offset(offset), stages(stages), producers(producers), consumers(consumers) {}

  int64_t getBytes() const { return 2 * stages * kBarrierBytes; }
  int64_t getStages() const { return stages; }
  /// For one thread, before any other touches the ring.
  void initialize(ImplicitLocOpBuilder &b);

  /// The stage (i32) of use `use` (i32).
  Value getStage(ImplicitLocOpBuilder &b, Value use) const;
  Value getFull(ImplicitLocOpBuilder &b, Value use) const { return getBarrier(b, use, 0); }
  Value getEmpty(ImplicitLocOpBuilder &b, Value use) const { return getBarrier(b, use, stages * kBarrierBytes); }
  void waitUntilFull(ImplicitLocOpBuilder &b, Value use) const { wait(b, getFull(b, use), use, false); }
  /// The first use of a stage finds it empty.
  void waitUntilEmpty(ImplicitLocOpBuilder &b, Value use) const { wait(b, getEmpty(b, use), use, true); }

private:
  static constexpr int64_t kBarrierBytes = 8;
  Value getBarrier(ImplicitLocOpBuilder &b, Value use, int64_t first) const;
  void wait(ImplicitLocOpBuilder &b, Value barrier, Value use, bool isForPrevious) const;

  Value base;
  int64_t offset, stages, producers, consumers;
};

/// `bytes` (i32) and `constant` bytes behind a pointer to shared memory.
Value offsetShared(ImplicitLocOpBuilder &b, Value base, Value bytes, int64_t constant = 0);

} // namespace mlir::attn

#endif // ATTN_CODEGEN_NVPTX_BARRIERRING_H
