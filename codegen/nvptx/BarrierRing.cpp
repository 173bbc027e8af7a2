//===- BarrierRing.cpp - who may use which stage of a buffer --------------===//

#include "codegen/nvptx/BarrierRing.h"
#include "codegen/nvptx/SharedTile.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mlir::attn;

/// Nanoseconds a thread may sleep before it looks again.
static constexpr int64_t kPatience = 10'000'000;

Value attn::offsetShared(ImplicitLocOpBuilder &b, Value base, Value bytes, int64_t constant) {
  auto shift = [&](LLVM::GEPArg by) -> Value { return LLVM::GEPOp::create(b, base.getType(), b.getI8Type(), base, ArrayRef<LLVM::GEPArg>{by}); };
  if (bytes)
    base = shift(bytes);
  return constant ? shift(int32_t(constant)) : base;
}

void BarrierRing::initialize(ImplicitLocOpBuilder &b) {
  for (int64_t n = 0; n < 2 * stages; ++n)
    NVVM::MBarrierInitOp::create(b, offsetShared(b, base, {}, offset + n * kBarrierBytes), i32Constant(b, n < stages ? producers : consumers), Value());
}

Value BarrierRing::getStage(ImplicitLocOpBuilder &b, Value use) const { return arith::AndIOp::create(b, use, i32Constant(b, stages - 1)); }

Value BarrierRing::getBarrier(ImplicitLocOpBuilder &b, Value use, int64_t first) const {
  Value bytes = stages == 1 ? Value() : Value(arith::MulIOp::create(b, getStage(b, use), i32Constant(b, kBarrierBytes)));
  return offsetShared(b, base, bytes, offset + first);
}

void BarrierRing::wait(ImplicitLocOpBuilder &b, Value barrier, Value use, bool isForPrevious) const {
  Value round = arith::ShRUIOp::create(b, use, i32Constant(b, llvm::Log2_64(stages)));
  Value parity = arith::AndIOp::create(b, round, i32Constant(b, 1));
  if (isForPrevious)
    parity = arith::XOrIOp::create(b, parity, i32Constant(b, 1));
  NVVM::MBarrierTryWaitParityOp::create(b, barrier, parity, i32Constant(b, kPatience));
}
