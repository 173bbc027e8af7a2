//===- ExpandRounding.cpp - rounding and f16 without instructions ---------===//
//
// For the baseline alone: SSE2 neither rounds to an integral float nor converts halves.
//
//===----------------------------------------------------------------------===//

#include "codegen/cpu/MathExpansions.h"
#include "codegen/cpu/VectorEmission.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace mlir::attn {
namespace {

/// x rounded to nearest even; x itself from 2^23 on, and for NaN.
Value roundToEven(ImplicitLocOpBuilder &b, Value x) {
  Type type = x.getType();
  Value magnitude = math::AbsFOp::create(b, x), large = floatConstant(b, type, 8388608.0);
  Value rounded = arith::SubFOp::create(b, arith::AddFOp::create(b, magnitude, large), large);
  Value small = arith::CmpFOp::create(b, arith::CmpFPredicate::OLT, magnitude, large);
  return arith::SelectOp::create(b, small, math::CopySignOp::create(b, rounded, x), x);
}

/// The integral float next to x on the side that `predicate` (of the rounded value and x) says is wrong, moved by `correction`.
Value roundTowards(ImplicitLocOpBuilder &b, Value x, arith::CmpFPredicate predicate, double correction) {
  Value rounded = roundToEven(b, x);
  Value wrong = arith::CmpFOp::create(b, predicate, rounded, x);
  Value corrected = arith::AddFOp::create(b, rounded, floatConstant(b, x.getType(), correction));
  return arith::SelectOp::create(b, wrong, corrected, rounded);
}

template <typename Op> struct ExpandRounding : OpRewritePattern<Op> {
  using OpRewritePattern<Op>::OpRewritePattern;

  LogicalResult matchAndRewrite(Op op, PatternRewriter &rewriter) const override {
    if (!getElementTypeOrSelf(op.getType()).isF32())
      return rewriter.notifyMatchFailure(op, "not f32");
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    Value x = op.getOperand(), result;
    if constexpr (std::is_same_v<Op, math::RoundEvenOp>) {
      result = roundToEven(b, x);
    } else if constexpr (std::is_same_v<Op, math::FloorOp>) {
      result = roundTowards(b, x, arith::CmpFPredicate::OGT, -1.0);
    } else if constexpr (std::is_same_v<Op, math::CeilOp>) {
      result = roundTowards(b, x, arith::CmpFPredicate::OLT, 1.0);
    } else {
      Value down = roundTowards(b, math::AbsFOp::create(b, x), arith::CmpFPredicate::OGT, -1.0);
      result = math::CopySignOp::create(b, down, x);
    }
    rewriter.replaceOp(op, result);
    return success();
  }
};

/// Integer arithmetic on i32 of the shape of a float type.
class BitsEmitter {
public:
  BitsEmitter(ImplicitLocOpBuilder &b, Type shape) : b(b), i32(like(shape, b.getI32Type())) {}

  static Type like(Type shape, Type element) {
    auto vector = dyn_cast<VectorType>(shape);
    return vector ? Type(vector.clone(element)) : element;
  }
  Value constant(int64_t value) {
    TypedAttr attr = b.getI32IntegerAttr(value);
    if (auto shaped = dyn_cast<ShapedType>(i32))
      attr = SplatElementsAttr::get(shaped, Attribute(attr));
    return arith::ConstantOp::create(b, attr);
  }
  Value both(Value x, int64_t mask) { return arith::AndIOp::create(b, x, constant(mask)); }
  Value either(Value x, Value y) { return arith::OrIOp::create(b, x, y); }
  Value left(Value x, int64_t bits) { return arith::ShLIOp::create(b, x, constant(bits)); }
  Value right(Value x, int64_t bits) { return arith::ShRUIOp::create(b, x, constant(bits)); }
  Value add(Value x, Value y) { return arith::AddIOp::create(b, x, y); }
  Value choose(arith::CmpIPredicate predicate, Value x, int64_t bound, Value yes, Value no) {
    return arith::SelectOp::create(b, arith::CmpIOp::create(b, predicate, x, constant(bound)), yes, no);
  }

  ImplicitLocOpBuilder &b;
  Type i32;
};

struct ExpandHalfToFloat : OpRewritePattern<arith::ExtFOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(arith::ExtFOp op, PatternRewriter &rewriter) const override {
    if (!getElementTypeOrSelf(op.getIn().getType()).isF16() || !getElementTypeOrSelf(op.getType()).isF32())
      return rewriter.notifyMatchFailure(op, "not f16 to f32");
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    BitsEmitter e(b, op.getType());
    Value half = arith::BitcastOp::create(b, BitsEmitter::like(op.getType(), b.getI16Type()), op.getIn());
    half = arith::ExtUIOp::create(b, e.i32, half);
    Value magnitude = e.both(half, 0x7fff);
    Value normal = e.add(e.left(magnitude, 13), e.constant(112 << 23));
    Value special = e.either(e.left(magnitude, 13), e.constant(0x7f800000));
    // A subnormal half is its fraction times 2^-24; as a float it is normal, so flushing modes do not matter.
    Value fraction = arith::UIToFPOp::create(b, op.getType(), magnitude);
    fraction = arith::MulFOp::create(b, fraction, floatConstant(b, op.getType(), 0x1p-24));
    Value subnormal = arith::BitcastOp::create(b, e.i32, fraction);
    Value bits = e.choose(arith::CmpIPredicate::sge, magnitude, 0x7c00, special, normal);
    bits = e.choose(arith::CmpIPredicate::slt, magnitude, 0x0400, subnormal, bits);
    bits = e.either(bits, e.left(e.both(half, 0x8000), 16));
    rewriter.replaceOpWithNewOp<arith::BitcastOp>(op, op.getType(), bits);
    return success();
  }
};

struct ExpandFloatToHalf : OpRewritePattern<arith::TruncFOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(arith::TruncFOp op, PatternRewriter &rewriter) const override {
    if (!getElementTypeOrSelf(op.getType()).isF16() || !getElementTypeOrSelf(op.getIn().getType()).isF32())
      return rewriter.notifyMatchFailure(op, "not f32 to f16");
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    BitsEmitter e(b, op.getType());
    Type f32 = op.getIn().getType();
    Value bits = arith::BitcastOp::create(b, e.i32, op.getIn());
    Value magnitude = e.both(bits, 0x7fffffff);
    // Rounding to nearest even by adding half of the last kept unit, less one where that unit is even.
    Value odd = e.both(e.right(magnitude, 13), 1);
    Value normal = e.right(e.add(e.add(magnitude, e.constant(0xfff - (112 << 23))), odd), 13);
    // Adding 1/2 aligns the fraction of what becomes a subnormal half, and rounds it.
    Value aligned = arith::AddFOp::create(b, arith::BitcastOp::create(b, f32, magnitude), floatConstant(b, f32, 0.5));
    Value subnormal = arith::SubIOp::create(b, arith::BitcastOp::create(b, e.i32, aligned), e.constant(0x3f000000));
    Value special = e.choose(arith::CmpIPredicate::sgt, magnitude, 0x7f800000, e.constant(0x7e00), e.constant(0x7c00));
    Value half = e.choose(arith::CmpIPredicate::slt, magnitude, 113 << 23, subnormal, normal);
    half = e.choose(arith::CmpIPredicate::sge, magnitude, 143 << 23, special, half);
    half = e.either(half, e.both(e.right(bits, 16), 0x8000));
    Value word = arith::TruncIOp::create(b, BitsEmitter::like(op.getType(), b.getI16Type()), half);
    rewriter.replaceOpWithNewOp<arith::BitcastOp>(op, op.getType(), word);
    return success();
  }
};

} // namespace

void populateRoundingPatterns(RewritePatternSet &patterns) {
  patterns.add<ExpandRounding<math::RoundEvenOp>, ExpandRounding<math::FloorOp>, ExpandRounding<math::CeilOp>,
               ExpandRounding<math::TruncOp>>(patterns.getContext());
}

void populateHalfConversionPatterns(RewritePatternSet &patterns) {
  patterns.add<ExpandHalfToFloat, ExpandFloatToHalf>(patterns.getContext());
}

} // namespace mlir::attn
