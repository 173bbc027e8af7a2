//===- SignatureTest.cpp - names and sizes of arguments -------------------===//

#include "codegen/Signature.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Parser/Parser.h"
#include "tools/common/Description.h"
#include "gtest/gtest.h"

using namespace mlir;
using namespace mlir::attn;

namespace {
class SignatureTest : public testing::Test {
protected:
  SignatureTest() {
    DialectRegistry registry;
    registerDescriptionDialects(registry);
    context.appendDialectRegistry(registry);
  }

  /// The signature of the last function of the text; the errors go to `message`.
  FailureOr<Signature> infer(StringRef text) {
    ScopedDiagnosticHandler handler(&context, [&](Diagnostic &diagnostic) { message += diagnostic.str(); });
    module = parseSourceString<ModuleOp>(text, &context);
    if (!module)
      return failure();
    return inferSignature(cast<func::FuncOp>(module->getBody()->back()));
  }

  MLIRContext context;
  OwningOpRef<ModuleOp> module;
  std::string message;
};
} // namespace

static SmallVector<std::string> getNames(ArrayRef<Parameter> parameters) {
  return llvm::map_to_vector(parameters, [](const Parameter &parameter) { return parameter.name; });
}

static Extent fixed(int64_t size) { return {size, -1}; }
static Extent symbol(int32_t index) { return {ShapedType::kDynamic, index}; }

TEST_F(SignatureTest, one_attention_has_batch_queries_and_keys) {
  auto signature = infer(R"(
    func.func @f(%q: tensor<?x4x?x8xf32>, %k: tensor<?x2x?x8xf32>, %v: tensor<?x2x?x16xf32>) -> (tensor<?x4x?x16xf32>, tensor<?x4x?xf32>) {
      %o, %l = attn.attention %q, %k, %v
        : tensor<?x4x?x8xf32>, tensor<?x2x?x8xf32>, tensor<?x2x?x16xf32> -> tensor<?x4x?x16xf32>, lse : tensor<?x4x?xf32>
      return %o, %l : tensor<?x4x?x16xf32>, tensor<?x4x?xf32>
    })");
  ASSERT_TRUE(succeeded(signature)) << message;
  EXPECT_EQ(signature->shapes.names, (SmallVector<std::string>{"B", "Tq", "Tk"}));
  EXPECT_EQ(getNames(signature->arguments), (SmallVector<std::string>{"q", "k", "v"}));
  EXPECT_EQ(getNames(signature->results), (SmallVector<std::string>{"o", "lse"}));
  EXPECT_EQ(signature->arguments[2].extents, (SmallVector<Extent>{symbol(0), fixed(2), symbol(2), fixed(16)}));
  EXPECT_EQ(signature->results[0].extents, (SmallVector<Extent>{symbol(0), fixed(4), symbol(1), fixed(16)}));
  EXPECT_FALSE(signature->results[0].isRowStatistic);
  EXPECT_TRUE(signature->results[1].isRowStatistic);
}

TEST_F(SignatureTest, a_size_that_one_operand_fixes_is_static_for_all) {
  auto signature = infer(R"(
    func.func @f(%q: tensor<?x4x?x8xf32>, %k: tensor<3x4x?x8xf32>, %v: tensor<?x4x77x8xf32>) -> tensor<?x4x?x8xf32> {
      %o = attn.attention %q, %k, %v : tensor<?x4x?x8xf32>, tensor<3x4x?x8xf32>, tensor<?x4x77x8xf32> -> tensor<?x4x?x8xf32>
      return %o : tensor<?x4x?x8xf32>
    })");
  ASSERT_TRUE(succeeded(signature)) << message;
  EXPECT_EQ(signature->shapes.names, (SmallVector<std::string>{"Tq"}));
  EXPECT_EQ(signature->arguments[0].extents, (SmallVector<Extent>{fixed(3), fixed(4), symbol(0), fixed(8)}));
  EXPECT_EQ(signature->arguments[1].extents, (SmallVector<Extent>{fixed(3), fixed(4), fixed(77), fixed(8)}));
}

TEST_F(SignatureTest, two_halves_of_keys_have_lengths_of_their_own) {
  auto signature = infer(R"(
    !q = tensor<?x4x?x8xf32>
    !l = tensor<?x4x?xf32>
    func.func @f(%q: !q, %k: !q, %v: !q, %k2: !q, %v2: !q) -> !q {
      %a, %la = attn.attention %q, %k, %v : !q, !q, !q -> !q, lse : !l
      %b, %lb = attn.attention %q, %k2, %v2 : !q, !q, !q -> !q, lse : !l
      %o, %l = attn.merge %a, %la with %b, %lb : !q, !l
      return %o : !q
    })");
  ASSERT_TRUE(succeeded(signature)) << message;
  EXPECT_EQ(signature->shapes.names, (SmallVector<std::string>{"B", "Tq", "Tk", "Tk1"}));
  EXPECT_EQ(getNames(signature->arguments), (SmallVector<std::string>{"q", "k", "v", "k1", "v1"}));
  EXPECT_EQ(signature->arguments[4].extents[2], symbol(3));
}

TEST_F(SignatureTest, lengths_are_bounded_by_keys_and_numbers_have_rules) {
  auto signature = infer(R"mlir(
    !t = tensor<?x4x?x8xf32>
    func.func @f(%q: !t, %k: !t, %v: !t, %n: tensor<?xi32>, %s: f32, %w: index, %x: i64, %c: f32) -> !t {
      %i = arith.index_cast %x : i64 to index
      %o = attn.attention %q, %k, %v mask = #attn.all_of<[#attn.window<left = W>,
            #attn.set<"(b, h, i, j)[Tq, Tk, X] : (i - j + X >= 0)">]>
          scale(%s) lengths(%n : tensor<?xi32>) symbols(W = %w, X = %i)
          score {
          ^bb0(%score: f32, %b: index, %h: index, %r: index, %j: index):
            %y = arith.addf %score, %c : f32
            attn.yield %y : f32
          } : !t, !t, !t -> !t
      return %o : !t
    })mlir");
  ASSERT_TRUE(succeeded(signature)) << message;
  EXPECT_EQ(getNames(signature->arguments), (SmallVector<std::string>{"q", "k", "v", "lengths", "scale", "W", "X", "arg7"}));
  EXPECT_EQ(signature->arguments[3].valueBounds, (SmallVector<Extent, 1>{symbol(2)}));
  EXPECT_EQ(signature->arguments[3].extents, (SmallVector<Extent>{symbol(0)}));
  EXPECT_TRUE(signature->arguments[0].valueBounds.empty());
  EXPECT_EQ(signature->arguments[4].rule, ValueRule::Positive);
  EXPECT_EQ(signature->arguments[5].rule, ValueRule::NotNegative);
  EXPECT_EQ(signature->arguments[6].rule, ValueRule::Any);
}

TEST_F(SignatureTest, calls_are_followed) {
  auto signature = infer(R"(
    !t = tensor<?x4x?x8xf32>
    func.func private @inner(%q: !t, %k: !t, %n: tensor<?xi32>) -> !t {
      %o = attn.attention %q, %k, %k lengths(%n : tensor<?xi32>) : !t, !t, !t -> !t
      return %o : !t
    }
    func.func @f(%a: !t, %b: !t, %c: !t, %n: tensor<?xi32>) -> !t {
      %x = func.call @inner(%a, %b, %n) : (!t, !t, tensor<?xi32>) -> !t
      %y = func.call @inner(%x, %c, %n) : (!t, !t, tensor<?xi32>) -> !t
      return %y : !t
    })");
  ASSERT_TRUE(succeeded(signature)) << message;
  EXPECT_EQ(signature->shapes.names, (SmallVector<std::string>{"B", "Tq", "Tk", "Tk1"}));
  EXPECT_EQ(signature->arguments[3].valueBounds, (SmallVector<Extent, 1>{symbol(2), symbol(3)}));
  EXPECT_EQ(signature->results[0].extents[2], symbol(1));
}

TEST_F(SignatureTest, recursion_is_refused) {
  EXPECT_TRUE(failed(infer(R"(
    func.func @f(%q: tensor<?x4x?x8xf32>) -> tensor<?x4x?x8xf32> {
      %x = func.call @f(%q) : (tensor<?x4x?x8xf32>) -> tensor<?x4x?x8xf32>
      return %x : tensor<?x4x?x8xf32>
    })")));
  EXPECT_NE(message.find("expected no recursion"), std::string::npos) << message;
}

TEST_F(SignatureTest, a_result_of_unknown_size_is_refused) {
  EXPECT_TRUE(failed(infer(R"(
    func.func @f(%n: index) -> tensor<?xf32> {
      %x = tensor.empty(%n) : tensor<?xf32>
      return %x : tensor<?xf32>
    })")));
  EXPECT_NE(message.find("expected the size of result 0 in dimension 0 to follow from an argument's"), std::string::npos)
      << message;
}

TEST_F(SignatureTest, arguments_that_are_neither_tensors_nor_numbers_are_refused) {
  EXPECT_TRUE(failed(infer("func.func @f(%m: memref<4xf32>) { return }")));
  EXPECT_NE(message.find("expected argument 0 to be a ranked tensor or a scalar"), std::string::npos) << message;
}
