//===- ArithmeticTest.cpp - arith, math and tensor operations -------------===//

#include "Evaluate.h"

#include <cmath>

using namespace mlir;
using namespace mlir::attn::reference;

namespace {
/// An expression on %a, %b : f32 or %x, %y : i32 that yields %r.
struct Expression {
  const char *text;
  double expected;
};
class FloatExpression : public ReferenceTest, public testing::WithParamInterface<Expression> {};
class IntegerExpression : public ReferenceTest, public testing::WithParamInterface<Expression> {};
} // namespace

TEST_P(FloatExpression, gives) {
  std::string text = std::string("func.func @f(%a: f32, %b: f32) -> f32 {\n") + GetParam().text + "\nreturn %r : f32 }";
  EXPECT_DOUBLE_EQ(run(text, {number(-1.5), number(0.75)})[0].elements[0], GetParam().expected);
}

INSTANTIATE_TEST_SUITE_P(
    Arith, FloatExpression,
    testing::Values(Expression{"%r = arith.addf %a, %b : f32", -0.75}, Expression{"%r = arith.subf %a, %b : f32", -2.25},
                    Expression{"%r = arith.mulf %a, %b : f32", -1.125}, Expression{"%r = arith.divf %a, %b : f32", -2.0},
                    Expression{"%r = arith.remf %a, %b : f32", -0.0}, Expression{"%r = arith.negf %a : f32", 1.5},
                    Expression{"%r = arith.maximumf %a, %b : f32", 0.75}, Expression{"%r = arith.minimumf %a, %b : f32", -1.5},
                    Expression{"%r = arith.maxnumf %a, %b : f32", 0.75}, Expression{"%r = arith.minnumf %a, %b : f32", -1.5},
                    Expression{"%c = arith.cmpf olt, %a, %b : f32\n%r = arith.select %c, %a, %b : f32", -1.5},
                    Expression{"%c = arith.cmpf uge, %a, %b : f32\n%r = arith.select %c, %a, %b : f32", 0.75},
                    Expression{"%r = arith.constant 2.5 : f32", 2.5},
                    Expression{"%w = arith.extf %a : f32 to f64\n%r = arith.truncf %w : f64 to f32", -1.5}));

INSTANTIATE_TEST_SUITE_P(
    Math, FloatExpression,
    testing::Values(
        Expression{"%r = math.absf %a : f32", 1.5}, Expression{"%r = math.ceil %a : f32", -1.0},
        Expression{"%r = math.floor %a : f32", -2.0}, Expression{"%r = math.roundeven %a : f32", -2.0},
        Expression{"%r = math.round %a : f32", -2.0}, Expression{"%r = math.trunc %a : f32", -1.0},
        Expression{"%r = math.exp %a : f32", std::exp(-1.5)}, Expression{"%r = math.exp2 %a : f32", std::exp2(-1.5)},
        Expression{"%r = math.log %b : f32", std::log(0.75)}, Expression{"%r = math.log2 %b : f32", std::log2(0.75)},
        Expression{"%r = math.log1p %b : f32", std::log1p(0.75)}, Expression{"%r = math.tanh %a : f32", std::tanh(-1.5)},
        Expression{"%r = math.sqrt %b : f32", std::sqrt(0.75)}, Expression{"%r = math.rsqrt %b : f32", 1.0 / std::sqrt(0.75)},
        Expression{"%r = math.erf %a : f32", std::erf(-1.5)}, Expression{"%r = math.sin %a : f32", std::sin(-1.5)},
        Expression{"%r = math.cos %a : f32", std::cos(-1.5)}, Expression{"%r = math.copysign %b, %a : f32", -0.75},
        Expression{"%r = math.atan2 %a, %b : f32", std::atan2(-1.5, 0.75)},
        Expression{"%r = math.powf %b, %a : f32", std::pow(0.75, -1.5)}, Expression{"%r = math.fma %a, %b, %b : f32", -0.375}));

TEST_P(IntegerExpression, gives) {
  std::string text = std::string("func.func @f(%x: i32, %y: i32) -> i32 {\n") + GetParam().text + "\nreturn %r : i32 }";
  Array x = Array::scalar(builder.getI32Type(), -7), y = Array::scalar(builder.getI32Type(), 3);
  EXPECT_EQ(run(text, {x, y})[0].elements[0], GetParam().expected);
}

INSTANTIATE_TEST_SUITE_P(
    Arith, IntegerExpression,
    testing::Values(Expression{"%r = arith.addi %x, %y : i32", -4}, Expression{"%r = arith.subi %x, %y : i32", -10},
                    Expression{"%r = arith.muli %x, %y : i32", -21}, Expression{"%r = arith.divsi %x, %y : i32", -2},
                    Expression{"%r = arith.remsi %x, %y : i32", -1}, Expression{"%r = arith.floordivsi %x, %y : i32", -3},
                    Expression{"%r = arith.ceildivsi %x, %y : i32", -2},
                    Expression{"%r = arith.divui %x, %y : i32", 1431655763}, Expression{"%r = arith.remui %x, %y : i32", 0},
                    Expression{"%r = arith.maxsi %x, %y : i32", 3}, Expression{"%r = arith.maxui %x, %y : i32", -7},
                    Expression{"%r = arith.minui %x, %y : i32", 3}, Expression{"%r = arith.andi %x, %y : i32", 1},
                    Expression{"%r = arith.ori %x, %y : i32", -5}, Expression{"%r = arith.xori %x, %y : i32", -6},
                    Expression{"%r = arith.shli %x, %y : i32", -56}, Expression{"%r = arith.shrsi %x, %y : i32", -1},
                    Expression{"%r = arith.shrui %x, %y : i32", 536870911},
                    Expression{"%c = arith.cmpi ult, %x, %y : i32\n%r = arith.extui %c : i1 to i32", 0},
                    Expression{"%c = arith.cmpi slt, %x, %y : i32\n%r = arith.extsi %c : i1 to i32", -1},
                    Expression{"%t = arith.trunci %x : i32 to i8\n%r = arith.extui %t : i8 to i32", 249},
                    Expression{"%f = arith.sitofp %x : i32 to f32\n%r = arith.fptosi %f : f32 to i32", -7},
                    Expression{"%z = arith.constant 0 : i32\n%r = arith.divsi %x, %z : i32", 0},
                    Expression{"%m = arith.constant 2147483647 : i32\n%r = arith.addi %m, %y : i32", -2147483646}));

TEST_F(ReferenceTest, tensors_go_element_by_element) {
  const char *text = R"(
    func.func @f(%a: tensor<?x3xf32>) -> (tensor<?x3xf32>, index, f32) {
      %two = arith.constant dense<[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]> : tensor<2x3xf32>
      %c = tensor.cast %two : tensor<2x3xf32> to tensor<?x3xf32>
      %s = arith.mulf %a, %c : tensor<?x3xf32>
      %zero = arith.constant 0 : index
      %one = arith.constant 1 : index
      %n = tensor.dim %s, %zero : tensor<?x3xf32>
      %e = tensor.extract %s[%one, %zero] : tensor<?x3xf32>
      return %s, %n, %e : tensor<?x3xf32>, index, f32
    })";
  SmallVector<Array> results = run(text, {Array(f32, {2, 3}, 0.5)});
  EXPECT_EQ(results[0].elements, (std::vector<double>{0.5, 1.0, 1.5, 2.0, 2.5, 3.0}));
  EXPECT_EQ(results[1].elements[0], 2.0);
  EXPECT_EQ(results[2].elements[0], 2.0);
  EXPECT_NE(runWrong(text, {Array(f32, {4, 3})}).find("expected operands of one shape"), std::string::npos);
}

TEST_F(ReferenceTest, an_index_outside_is_an_error) {
  const char *text = R"(
    func.func @f(%a: tensor<?xf32>, %i: index) -> f32 {
      %e = tensor.extract %a[%i] : tensor<?xf32>
      return %e : f32
    })";
  EXPECT_NE(runWrong(text, {Array(f32, {3}), index(3)}).find("expected an index below the size, 3, but got 3"),
            std::string::npos);
}
