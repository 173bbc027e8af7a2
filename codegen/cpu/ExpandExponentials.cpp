//===- ExpandExponentials.cpp - exp2, exp and tanh ------------------------===//
//
// 2^x = 2^n * p(f) with x = n + f. The polynomials have p(0) = 1 exactly: a factor that should be 1 must be 1. Coefficients:
// least squares with Lawson's weights for the relative error, p(0) fixed.
//
//===----------------------------------------------------------------------===//

#include "codegen/cpu/MathExpansions.h"
#include "codegen/cpu/VectorEmission.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace mlir::attn {
namespace {

// 2^f on [0, 1): relative error 8.2e-8 and 8.6e-5.
constexpr double kExp2FloorAccurate[] = {
    1.0, 0.693151311806018, 0.24016445014455565, 0.05579991312982352, 0.009017030295944, 0.0018671300794055046};
constexpr double kExp2FloorFast[] = {1.0, 0.6951167867715479, 0.22764499033917504, 0.07706704249381705};
// 2^f on [-1/2, 1/2]: relative error 9.1e-8 and 1.0e-4.
constexpr double kExp2NearestAccurate[] = {
    1.0, 0.6931469775989927, 0.240222420852617, 0.05550733743498151, 0.009671512644852942, 0.0013264727123301415};
constexpr double kExp2NearestFast[] = {1.0, 0.6932829272228243, 0.24221095947020774, 0.05500893049241137};
// (2^f - 1) / f on [-1/2, 1/2]: relative error 1.1e-8.
constexpr double kExp2Minus1[] = {0.693147187926692,    0.24022649794964318,   0.05550357433635961,
                                  0.009618237494081559, 0.0013390735477743498, 0.00015403512647672608};

constexpr double kLog2E = 1.4426950216293335;      // log2(e) rounded to f32
constexpr double kLn2High = 0.693359375;           // ten bits of ln(2)
constexpr double kLn2Low = -2.1219444005469057e-4; // the others

/// f32 arithmetic on values of one type, scalar or vector.
class FloatEmitter {
public:
  FloatEmitter(PatternRewriter &rewriter, Operation *op, bool fma)
      : b(op->getLoc(), rewriter), type(op->getResult(0).getType()), fma(fma) {}

  Value constant(double value) { return floatConstant(b, type, value); }
  Value add(Value x, Value y) { return arith::AddFOp::create(b, x, y); }
  Value subtract(Value x, Value y) { return arith::SubFOp::create(b, x, y); }
  Value multiply(Value x, Value y) { return arith::MulFOp::create(b, x, y); }
  Value multiplyAdd(Value x, Value y, Value z) { return fma ? Value(math::FmaOp::create(b, x, y, z)) : add(multiply(x, y), z); }
  Value polynomial(Value x, ArrayRef<double> coefficients) {
    Value result = constant(coefficients.back());
    for (double coefficient : llvm::reverse(coefficients.drop_back()))
      result = multiplyAdd(result, x, constant(coefficient));
    return result;
  }
  /// Comparisons in the order that keeps a NaN in `x` and becomes one min or max instruction.
  Value atMost(Value x, double bound) { return choose(arith::CmpFPredicate::OLT, bound, x); }
  Value atLeast(Value x, double bound) { return choose(arith::CmpFPredicate::OGT, bound, x); }

  ImplicitLocOpBuilder b;
  Type type;

private:
  Value choose(arith::CmpFPredicate predicate, double bound, Value x) {
    Value limit = constant(bound);
    return arith::SelectOp::create(b, arith::CmpFOp::create(b, predicate, limit, x), limit, x);
  }
  bool fma;
};

/// x rounded to an integer by adding a number so large that no fraction fits beside it. Its low bits also carry an exponent
/// bias, so that the sum shifted left by 23 bits is the float 2^(n + bias - 127).
struct NearestInteger {
  NearestInteger(FloatEmitter &e, Value x, int bias) {
    Value magic = e.constant(12582912.0 + bias);
    shifted = e.add(x, magic);
    integer = e.subtract(shifted, magic);
  }
  Value power(FloatEmitter &e) {
    Type bits = e.b.getI32Type();
    if (auto vector = dyn_cast<VectorType>(e.type))
      bits = vector.clone(bits);
    Value by = arith::ConstantOp::create(
        e.b, bits,
        isa<VectorType>(bits) ? TypedAttr(SplatElementsAttr::get(cast<ShapedType>(bits), e.b.getI32IntegerAttr(23)))
                              : TypedAttr(e.b.getI32IntegerAttr(23)));
    Value exponent = arith::ShLIOp::create(e.b, arith::BitcastOp::create(e.b, bits, shifted), by);
    return arith::BitcastOp::create(e.b, e.type, exponent);
  }
  Value integer, shifted;
};

/// 2 * p(f) * 2^(n - 1): with the factor in the polynomial, 2^(n - 1) is finite up to n = 128 and so is every finite result.
Value scaleByHalfPower(FloatEmitter &e, NearestInteger n, Value fraction, ArrayRef<double> coefficients) {
  SmallVector<double> doubled;
  for (double coefficient : coefficients)
    doubled.push_back(2 * coefficient);
  return e.multiply(e.polynomial(fraction, doubled), n.power(e));
}

struct ExpandExp2 : OpRewritePattern<math::Exp2Op> {
  ExpandExp2(MLIRContext *context, bool fma, bool scalef) : OpRewritePattern(context), fma(fma), scalef(scalef) {}

  LogicalResult matchAndRewrite(math::Exp2Op op, PatternRewriter &rewriter) const override {
    if (!getElementTypeOrSelf(op.getType()).isF32())
      return rewriter.notifyMatchFailure(op, "not f32");
    FloatEmitter e(rewriter, op, fma);
    bool fast = arith::bitEnumContainsAll(op.getFastmath(), arith::FastMathFlags::afn);
    auto vector = dyn_cast<VectorType>(op.getType());
    bool native = scalef && vector && vector.getShape() == ArrayRef<int64_t>{16};
    rewriter.replaceOp(op, native ? withScaleInstructions(e, op.getOperand(), fast) : withIntegers(e, op.getOperand(), fast));
    return success();
  }

private:
  static Value withIntegers(FloatEmitter &e, Value x, bool fast) {
    x = e.atLeast(e.atMost(x, 128.0), -126.0);
    NearestInteger n(e, x, 126);
    Value fraction = e.subtract(x, n.integer);
    return scaleByHalfPower(e, n, fraction, fast ? ArrayRef<double>(kExp2NearestFast) : ArrayRef<double>(kExp2NearestAccurate));
  }

  static Value withScaleInstructions(FloatEmitter &e, Value x, bool fast) {
    ImplicitLocOpBuilder &b = e.b;
    Value all = arith::ConstantOp::create(b, b.getI16IntegerAttr(-1));
    Value currentRounding = arith::ConstantOp::create(b, b.getI32IntegerAttr(4));
    Value toFloor = arith::ConstantOp::create(b, b.getI32IntegerAttr(1));
    auto call = [&](StringRef name, ValueRange arguments) -> Value {
      return LLVM::CallIntrinsicOp::create(b, e.type, b.getStringAttr(name), arguments).getResults();
    };
    // x - floor(x); 0 for infinities, so that the scaling decides.
    Value fraction = call("llvm.x86.avx512.mask.reduce.ps.512", {x, toFloor, x, all, currentRounding});
    Value power = e.polynomial(fraction, fast ? ArrayRef<double>(kExp2FloorFast) : ArrayRef<double>(kExp2FloorAccurate));
    return call("llvm.x86.avx512.mask.scalef.ps.512", {power, x, power, all, currentRounding});
  }

  bool fma, scalef;
};

struct ExpandExp : OpRewritePattern<math::ExpOp> {
  ExpandExp(MLIRContext *context, bool fma) : OpRewritePattern(context), fma(fma) {}

  LogicalResult matchAndRewrite(math::ExpOp op, PatternRewriter &rewriter) const override {
    if (!getElementTypeOrSelf(op.getType()).isF32())
      return rewriter.notifyMatchFailure(op, "not f32");
    FloatEmitter e(rewriter, op, fma);
    Value x = e.atLeast(e.atMost(op.getOperand(), 89.0), -87.5);
    Value log2e = e.constant(kLog2E);
    NearestInteger n(e, e.multiply(x, log2e), 126);
    // x - n ln(2) with ln(2) in two parts, of which the first times n is exact: or the rounding of x * log2(e) would grow with
    // x.
    Value rest = e.multiplyAdd(n.integer, e.constant(-kLn2High), x);
    rest = e.multiplyAdd(n.integer, e.constant(-kLn2Low), rest);
    Value fraction = e.multiply(rest, log2e);
    rewriter.replaceOp(op, scaleByHalfPower(e, n, fraction, kExp2NearestAccurate));
    return success();
  }

private:
  bool fma;
};

/// tanh(x) = m / (m + 2) with m = e^2x - 1, where m = 2^n (2^f - 1) + (2^n - 1) keeps its relative accuracy near zero.
struct ExpandTanh : OpRewritePattern<math::TanhOp> {
  ExpandTanh(MLIRContext *context, bool fma) : OpRewritePattern(context), fma(fma) {}

  LogicalResult matchAndRewrite(math::TanhOp op, PatternRewriter &rewriter) const override {
    if (!getElementTypeOrSelf(op.getType()).isF32())
      return rewriter.notifyMatchFailure(op, "not f32");
    FloatEmitter e(rewriter, op, fma);
    Value magnitude = e.atMost(math::AbsFOp::create(e.b, op.getOperand()), 10.0);
    Value twiceLog2e = e.constant(2 * kLog2E);
    NearestInteger n(e, e.multiply(magnitude, twiceLog2e), 127);
    Value fraction = e.multiplyAdd(magnitude, twiceLog2e, e.subtract(e.constant(0.0), n.integer));
    Value power = n.power(e);
    Value minus1 =
        e.multiplyAdd(power, e.multiply(fraction, e.polynomial(fraction, kExp2Minus1)), e.subtract(power, e.constant(1.0)));
    Value result = arith::DivFOp::create(e.b, minus1, e.add(minus1, e.constant(2.0)));
    rewriter.replaceOpWithNewOp<math::CopySignOp>(op, result, op.getOperand());
    return success();
  }

private:
  bool fma;
};

} // namespace

void populateExponentialPatterns(RewritePatternSet &patterns, bool fma, bool scalef) {
  // Before the upstream patterns for the same operations.
  patterns.add<ExpandExp2>(patterns.getContext(), fma, scalef);
  patterns.add<ExpandExp, ExpandTanh>(patterns.getContext(), fma);
}

} // namespace mlir::attn
