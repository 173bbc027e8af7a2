//===- MathToNvptx.cpp - math operations as instructions ------------------===//

#include "codegen/nvptx/Passes.h"
#include "mlir/Interfaces/FunctionInterfaces.h"

namespace mlir::attn {
#define GEN_PASS_DEF_MATHTONVPTXPASS
#include "codegen/nvptx/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;
using namespace mlir::attn;

static Value callIntrinsic(ImplicitLocOpBuilder &b, StringRef name, Value x) {
  return LLVM::CallIntrinsicOp::create(b, b.getF32Type(), b.getStringAttr(name), ValueRange{x}).getResult(0);
}

static Value exp2(ImplicitLocOpBuilder &b, Value x) { return callIntrinsic(b, "llvm.nvvm.ex2.approx.ftz.f32", x); }

static Value log2(ImplicitLocOpBuilder &b, Value x) { return callIntrinsic(b, "llvm.nvvm.lg2.approx.ftz.f", x); }

static Value multiply(ImplicitLocOpBuilder &b, Value x, double factor) {
  return arith::MulFOp::create(b, x, arith::ConstantOp::create(b, b.getF32FloatAttr(factor)));
}

/// 1 - 2 / (exp(2 x) + 1), to about 2e-7 of 1. The instruction tanh.approx is faster, but its error of 2^-11 becomes 0.01 in a score that is capped
/// at 30, and 1 % in a weight, which is more than rounding to bf16 may add.
static Value tanh(ImplicitLocOpBuilder &b, Value x) {
  auto constant = [&](double value) -> Value { return arith::ConstantOp::create(b, b.getF32FloatAttr(value)); };
  Value sum = arith::AddFOp::create(b, exp2(b, multiply(b, x, 2.0 * M_LOG2E)), constant(1.0));
  Value quotient = callIntrinsic(b, "llvm.nvvm.rcp.approx.ftz.f", sum);
  return arith::SubFOp::create(b, constant(1.0), multiply(b, quotient, 2.0));
}

/// The same where operands are f32, to about 2e-7 of the result: small arguments by a polynomial, whose coefficients fit x + x^3 p(x^2) up to 0.6.
static Value exactTanh(ImplicitLocOpBuilder &b, Value x) {
  constexpr double kSmall = 0.6;
  constexpr double kCoefficients[] = {-0.33333298563957214, 0.13331915438175201, -0.053783293813467026, 0.020794617012143135, -0.005893945228308439};
  auto constant = [&](double value) -> Value { return arith::ConstantOp::create(b, b.getF32FloatAttr(value)); };
  Value square = arith::MulFOp::create(b, x, x), sum;
  for (double coefficient : llvm::reverse(kCoefficients))
    sum = sum ? Value(math::FmaOp::create(b, sum, square, constant(coefficient))) : constant(coefficient);
  Value small = math::FmaOp::create(b, arith::MulFOp::create(b, sum, square), x, x);
  Value isSmall = arith::CmpFOp::create(b, arith::CmpFPredicate::OLE, math::AbsFOp::create(b, x), constant(kSmall));
  return arith::SelectOp::create(b, isSmall, small, tanh(b, x));
}

/// The value in place of `op`; null where LLVM translates the operation itself.
static FailureOr<Value> replace(ImplicitLocOpBuilder &b, Operation &op) {
  if (isa<math::FmaOp, math::AbsFOp, math::SqrtOp, math::FloorOp, math::CeilOp, math::TruncOp, math::RoundEvenOp, math::CopySignOp>(op))
    return Value();
  if (!op.getResult(0).getType().isF32())
    return op.emitOpError("expected a number of f32, which is what this target computes, but got ") << op.getResult(0).getType(), failure();
  Value x = op.getOperand(0);
  if (isa<math::Exp2Op>(op))
    return exp2(b, x);
  if (isa<math::ExpOp>(op))
    return exp2(b, multiply(b, x, M_LOG2E));
  if (isa<math::Log2Op>(op))
    return log2(b, x);
  if (isa<math::LogOp>(op))
    return multiply(b, log2(b, x), M_LN2);
  if (isa<math::TanhOp>(op)) {
    auto kernel = op.getParentOfType<FunctionOpInterface>();
    return kernel && kernel->hasAttr("attn.exact") ? exactTanh(b, x) : tanh(b, x);
  }
  return op.emitOpError("expected one of exp, exp2, log, log2, tanh, fma, absf, sqrt, floor, ceil, trunc, roundeven and copysign on this target"), failure();
}

namespace {
struct MathToNvptx : public attn::impl::MathToNvptxPassBase<MathToNvptx> {
  void runOnOperation() override {
    SmallVector<Operation *> operations;
    getOperation()->walk([&](Operation *op) {
      if (isa_and_nonnull<math::MathDialect>(op->getDialect()))
        operations.push_back(op);
    });
    for (Operation *op : operations) {
      ImplicitLocOpBuilder b(op->getLoc(), op);
      FailureOr<Value> value = replace(b, *op);
      if (failed(value))
        return signalPassFailure();
      if (!*value)
        continue;
      op->replaceAllUsesWith(ValueRange{*value});
      op->erase();
    }
  }
};
} // namespace
