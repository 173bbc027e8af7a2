//===- WarpProductTest.cpp - operands and products of a warp --------------===//
//
// PTX ISA, "Matrix Fragments for mma.m16n8k8" with .tf32, for lane l with g = l / 4 and t = l % 4: a0 is (row g, depth t), a1 (g + 8, t), a2 (g, t + 4),
// a3 (g + 8, t + 4); b0 is (depth t, column g), b1 (t + 4, g); c0 and c1 are (row g, columns 2 t and 2 t + 1), c2 and c3 eight rows below.
//
//===----------------------------------------------------------------------===//

#include "codegen/nvptx/WarpProduct.h"
#include "codegen/nvptx/SharedTile.h"
#include "test/unit/codegen/Lowered.h"

using namespace mlir;
using namespace mlir::attn;

namespace {
struct Place {
  int64_t row, column;
  bool operator==(const Place &other) const { return row == other.row && column == other.column; }
};

std::ostream &operator<<(std::ostream &stream, const Place &place) { return stream << "(" << place.row << ", " << place.column << ")"; }

class WarpProductTest : public Lowered {
protected:
  /// What every lane reads of a tile of f32: the row and the column of each number, as they lie in registers.
  std::vector<SmallVector<Place>> read(const SharedTileShape &shape, OperandRole role, int64_t row, int64_t step, int64_t firstRow);

  SmallVector<Value> makeNumbers(Type type, int64_t count) {
    SmallVector<Value> numbers;
    for (int64_t n = 0; n < count; ++n)
      numbers.push_back(LLVM::UndefOp::create(*builder, type));
    return numbers;
  }
};
} // namespace

/// The place whose permuted address this is: chunks of 16 bytes change places with those of the same eight, by the row.
static Place getPlace(const SharedTileShape &shape, int64_t offset) {
  int64_t row = offset / shape.getPitch(), byte = offset % shape.getPitch();
  return {row, (byte ^ row % 8 * 16) / shape.elementBytes};
}

std::vector<SmallVector<Place>> WarpProductTest::read(const SharedTileShape &shape, OperandRole role, int64_t row, int64_t step, int64_t firstRow) {
  ImplicitLocOpBuilder &b = *builder;
  Value base = LLVM::UndefOp::create(b, LLVM::LLVMPointerType::get(&context, unsigned(NVVM::NVVMMemorySpace::Shared)));
  std::vector<SmallVector<Value>> loaded;
  for (int64_t lane = 0; lane < 32; ++lane) {
    BlockThread thread = {i32Constant(b, lane), i32Constant(b, lane), i32Constant(b, 0), 32};
    SharedTile tile(b, thread, base, 0, shape, i32Constant(b, firstRow));
    loaded.push_back(tile.load(b, role, row, step));
  }
  std::vector<SmallVector<Place>> places(32);
  for (int64_t lane = 0; lane < 32; ++lane)
    for (auto [number, value] : llvm::enumerate(loaded[lane])) {
      if (auto load = value.getDefiningOp<LLVM::LoadOp>()) {
        places[lane].push_back(getPlace(shape, evaluateOffset(load.getAddr(), base)));
        continue;
      }
      // ldmatrix: lane 8 m + i names row i of matrix m; register m of lane l holds four bytes of its row l / 4, from byte 4 * (l % 4) on.
      auto part = value.getDefiningOp<LLVM::ExtractValueOp>();
      int64_t matrix = part.getPosition()[0];
      auto other = loaded[8 * matrix + lane / 4][number].getDefiningOp<LLVM::ExtractValueOp>();
      auto matrices = other.getContainer().getDefiningOp<NVVM::LdMatrixOp>();
      EXPECT_EQ(matrices.getLayout(), NVVM::MMALayout::row);
      places[lane].push_back(getPlace(shape, evaluateOffset(matrices.getPtr(), base) + 4 * (lane % 4)));
    }
  return places;
}

TEST_F(WarpProductTest, readsOperandsOfF32WhereProductsWantThem) {
  for (int64_t columns : {8, 33, 64, 96, 256})
    for (int64_t step = 0; step < (columns + 15) / 16; ++step)
      for (int64_t row : {0, 8, 16}) {
        constexpr int64_t kFirstRow = 32;
        SharedTileShape shape = {64, columns, 4};
        SCOPED_TRACE(testing::Message() << columns << " columns, step " << step << ", row " << row);
        auto first = read(shape, OperandRole::First, row, step, kFirstRow);
        auto byColumns = read(shape, OperandRole::SecondByColumns, row, step, kFirstRow);
        auto byDepth = read(shape, OperandRole::SecondByDepth, row, step, kFirstRow);
        for (int64_t lane = 0; lane < 32; ++lane) {
          int64_t g = lane / 4, t = lane % 4, top = kFirstRow + row, left = 16 * step;
          SmallVector<Place> a, keys, values;
          for (int64_t depth : {0, 8})
            for (auto [down, right] : {std::pair(0, 0), std::pair(8, 0), std::pair(0, 4), std::pair(8, 4)})
              a.push_back({top + g + down, left + depth + t + right});
          for (int64_t half : {0, 8})
            for (int64_t depth : {0, 8})
              for (int64_t n : {0, 1}) {
                keys.push_back({top + half + g, left + depth + t + 4 * n});
                // The depth is permuted: number t of eight is row 2 t, number t + 4 the one after.
                values.push_back({top + depth + 2 * t + n, left + half + g});
              }
          EXPECT_EQ(first[lane], a);
          EXPECT_EQ(byColumns[lane], keys);
          EXPECT_EQ(byDepth[lane], values);
        }
      }
}

/// Thirty-two lanes that read four bytes each want them in as many banks.
TEST_F(WarpProductTest, readsSingleNumbersFromAllBanks) {
  SharedTileShape shape = {64, 64, 4};
  auto places = read(shape, OperandRole::SecondByDepth, 16, 1, 0);
  for (size_t number = 0; number < places.front().size(); ++number) {
    std::set<int64_t> banks;
    for (int64_t lane = 0; lane < 32; ++lane) {
      Place place = places[lane][number];
      banks.insert(((place.column * 4) ^ place.row % 8 * 16) / 4 % 32);
    }
    EXPECT_EQ(banks.size(), 32u);
  }
}

/// What a number was rounded from.
static Value findSource(Value word) {
  while (Operation *op = word.getDefiningOp()) {
    if (isa<LLVM::UndefOp>(op))
      return word;
    word = op->getOperand(0);
  }
  return word;
}

/// A weight is the number of the depth that its key's values are read for.
TEST_F(WarpProductTest, takesWeightsInTheOrderOfValues) {
  ImplicitLocOpBuilder &b = *builder;
  for (bool isSingle : {false, true}) {
    WarpProduct product(b.getF32Type(), isSingle);
    SmallVector<Value> numbers = makeNumbers(b.getF32Type(), 8);
    ResultFragment left(ArrayRef<Value>(numbers).take_front(4)), right(ArrayRef<Value>(numbers).drop_front(4));
    SmallVector<Value> operand = product.roundToOperand(b, left, right);
    ASSERT_EQ(int64_t(operand.size()), product.countRegisters());
    for (size_t n = 0; n < operand.size(); ++n) {
      // a0 is row g of key 2 t, which is c0; a1 eight rows below, c2; a2 row g of key 2 t + 1, c1.
      constexpr int64_t kResult[] = {0, 2, 1, 3};
      EXPECT_EQ(findSource(operand[n]), numbers[n % 8 / 4 * 4 + kResult[n % 4]]);
    }
  }
}

/// Three of four products of the two parts of each number, the small ones first, over eight of the depth at a time.
TEST_F(WarpProductTest, multipliesPartsOfTheSameDepth) {
  ImplicitLocOpBuilder &b = *builder;
  WarpProduct product(b.getF32Type());
  SmallVector<Value> lhs = makeNumbers(b.getI32Type(), 16), rhs = makeNumbers(b.getI32Type(), 8);
  ResultFragment before(makeNumbers(b.getF32Type(), 4));
  ResultFragment sum = product.multiplyAdd(b, lhs, rhs, before);
  SmallVector<std::tuple<int64_t, int64_t, int64_t>> found;
  module->walk([&](NVVM::MmaOp op) {
    EXPECT_EQ(op.getShape().getK(), 8);
    int64_t a = llvm::find(lhs, op.getOperandA().front()) - lhs.begin(), c = llvm::find(rhs, op.getOperandB().front()) - rhs.begin();
    EXPECT_TRUE(llvm::equal(op.getOperandA(), ArrayRef<Value>(lhs).slice(a, 4)) && llvm::equal(op.getOperandB(), ArrayRef<Value>(rhs).slice(c, 2)));
    EXPECT_EQ(a % 8 / 4, c % 4 / 2) << "the same half of the depth";
    found.push_back({a / 8, c / 4, a % 8 / 4});
  });
  SmallVector<std::tuple<int64_t, int64_t, int64_t>> expected = {{1, 0, 0}, {1, 0, 1}, {0, 1, 0}, {0, 1, 1}, {0, 0, 0}, {0, 0, 1}};
  EXPECT_EQ(found, expected);
  for (auto [number, old] : llvm::zip(sum, before)) {
    auto add = number.getDefiningOp<arith::AddFOp>();
    ASSERT_TRUE(add) << "sums over many columns are not left to tensor cores";
    EXPECT_EQ(add.getLhs(), old);
  }
}
