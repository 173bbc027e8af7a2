//===- WarpgroupTest.cpp - what the kernels of warpgroups are made of -----===//

#include "codegen/Compiler.h"
#include "codegen/nvptx/OutputTile.h"
#include "codegen/nvptx/RowFragments.h"
#include "codegen/nvptx/SharedTile.h"
#include "codegen/nvptx/TensorMaps.h"
#include "codegen/nvptx/WarpgroupLowering.h"
#include "codegen/nvptx/WarpgroupPtx.h"
#include "dialect/Target.h"
#include "test/unit/codegen/Lowered.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/AsmParser/AsmParser.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Parser/Parser.h"
#include "gtest/gtest.h"

using namespace mlir;
using namespace mlir::attn;

static const GpuMachine kHopper = *GpuMachine::lookup("sm_90a");
static constexpr int64_t kRegisters = 65536; // of a multiprocessor

//===----------------------------------------------------------------------===//
// Tiles
//===----------------------------------------------------------------------===//

/// What TMA, wgmma and the register file ask of tiles, told from the outside.
static void expectToFit(const WarpgroupTiles &tiles) {
  EXPECT_LE(tiles.getSharedBytes(), int64_t(227) << 10);
  // The parts follow one another, and begin where a swizzle does.
  int64_t offsets[] = {0, tiles.getKeyOffset(), tiles.getValueOffset(), tiles.getOutputOffset(), tiles.getBarrierOffset(), tiles.getSharedBytes()};
  auto countBytes = [](int64_t rows, int64_t columns) { return rows * ((columns + 63) / 64) * 128; };
  int64_t sizes[] = {countBytes(tiles.queryStages * tiles.getRows(), tiles.queryDim), countBytes(tiles.keyStages * tiles.keys, tiles.queryDim),
                     countBytes(tiles.keyStages * tiles.keys, tiles.valueDim),
                     tiles.storesTiles ? countBytes(tiles.getRows(), tiles.valueDim) : 0};
  for (int part = 0; part < 4; ++part) {
    EXPECT_EQ(offsets[part] % 1024, 0);
    EXPECT_EQ(offsets[part + 1] - offsets[part], sizes[part]);
  }
  // A box has at most 256 rows; P V runs over 16 keys at a time; a product has at most 256 columns.
  EXPECT_EQ(tiles.keys % 16, 0);
  EXPECT_LE(tiles.keys, 256);
  EXPECT_LE((tiles.valueDim + 15) / 16 * 16, 256);
  // Registers are handed out in eights. What the roles take is what all threads begin with.
  int64_t producer = tiles.getProducerRegisters(), consumer = tiles.getConsumerRegisters();
  for (int64_t count : {producer, consumer}) {
    EXPECT_EQ(count % 8, 0);
    EXPECT_GE(count, 24);
    EXPECT_LE(count, 256);
  }
  int64_t first = kRegisters / tiles.getThreads() / 8 * 8;
  EXPECT_LE(128 * (producer + tiles.consumers * consumer), first * tiles.getThreads());
  EXPECT_LE(producer, first);
  // Scores, rounded weights and accumulators of 64 rows, over 128 threads.
  EXPECT_LT(tiles.keys / 2 + tiles.keys / 4 + (tiles.valueDim + 15) / 16 * 8, consumer);
  EXPECT_LE(tiles.getThreads(), 1024);
}

TEST(WarpgroupTiles, fitWhateverIsChosen) {
  int chosen = 0;
  for (int64_t queryDim = 8; queryDim <= 320; queryDim += 8)
    for (int64_t valueDim = 8; valueDim <= 320; valueDim += 8) {
      std::optional<WarpgroupTiles> tiles = WarpgroupTiles::choose(kHopper, queryDim, valueDim);
      SCOPED_TRACE(testing::Message() << queryDim << " and " << valueDim);
      EXPECT_EQ(tiles.has_value(), queryDim <= 256 && valueDim <= 256);
      if (!tiles)
        continue;
      ++chosen;
      EXPECT_EQ(tiles->queryDim, queryDim);
      EXPECT_EQ(tiles->valueDim, valueDim);
      expectToFit(*tiles);
    }
  EXPECT_EQ(chosen, 32 * 32);
}

/// The lowering lays out a kernel by rows and keys alone: it gets the same tiles, or none that do not fit.
TEST(WarpgroupTiles, areNoneWhereTheyDoNotFit) {
  int given = 0, refused = 0;
  for (int64_t rows = 64; rows <= 192; rows += 64)
    for (int64_t keys = 16; keys <= 256; keys += 16)
      for (int64_t dim = 32; dim <= 256; dim += 32) {
        SCOPED_TRACE(testing::Message() << rows << " rows, " << keys << " keys, " << dim);
        if (std::optional<WarpgroupTiles> tiles = WarpgroupTiles::get(kHopper, rows, keys, dim, dim)) {
          ++given;
          EXPECT_EQ(tiles->getRows(), rows);
          expectToFit(*tiles);
        } else {
          ++refused;
        }
      }
  EXPECT_GT(given, 50);
  EXPECT_GT(refused, 50);
  for (int64_t dim : {32, 64, 96, 128, 192, 256}) {
    std::optional<WarpgroupTiles> chosen = WarpgroupTiles::choose(kHopper, dim, dim);
    ASSERT_TRUE(chosen.has_value());
    std::optional<WarpgroupTiles> again = WarpgroupTiles::get(kHopper, chosen->getRows(), chosen->keys, dim, dim);
    ASSERT_TRUE(again.has_value());
    EXPECT_EQ(again->getSharedBytes(), chosen->getSharedBytes());
    EXPECT_EQ(again->storesTiles, chosen->storesTiles);
  }
}

TEST(WarpgroupTiles, areThoseThatWereMeasured) {
  auto choose = [](int64_t queryDim, int64_t valueDim) {
    WarpgroupTiles tiles = *WarpgroupTiles::choose(kHopper, queryDim, valueDim);
    return std::make_pair(tiles.getRows(), tiles.keys);
  };
  EXPECT_EQ(choose(64, 64), std::make_pair(int64_t(192), int64_t(128)));
  EXPECT_EQ(choose(128, 128), std::make_pair(int64_t(128), int64_t(128)));
  EXPECT_EQ(choose(256, 256), std::make_pair(int64_t(128), int64_t(80)));
  EXPECT_TRUE(WarpgroupTiles::choose(kHopper, 128, 128)->storesTiles);
  EXPECT_FALSE(WarpgroupTiles::choose(*GpuMachine::lookup("sm_80"), 128, 128).has_value());
}

/// A launch asks for what the lowering uses: barriers and slots have room behind the tiles.
TEST(WarpgroupTiles, haveRoomForBarriers) {
  for (int64_t dim : {32, 64, 128, 256}) {
    WarpgroupKernel kernel;
    kernel.tiles = *WarpgroupTiles::choose(kHopper, dim, dim);
    int64_t slots = 2 * 2 * sizeof(int32_t), queries = kernel.tiles.consumers * 2 * kernel.tiles.queryStages * 8;
    int64_t bytes = kernel.getKeyRing().getBytes() + kernel.getValueRing().getBytes() + kernel.getPartialRing().getBytes() +
                    kernel.getTaskRing().getBytes() + slots + queries;
    EXPECT_LE(kernel.tiles.getBarrierOffset() + bytes, kernel.tiles.getSharedBytes());
  }
}

TEST(WarpgroupTiles, areWhatTheTilePhaseUses) {
  for (auto [queryDim, valueDim] : {std::make_pair(64, 64), std::make_pair(192, 128), std::make_pair(256, 256), std::make_pair(36, 36)}) {
    MLIRContext context(MLIRContext::Threading::DISABLED);
    AttentionShape shape = {};
    shape.inputType = BFloat16Type::get(&context);
    shape.group = 1;
    shape.queryDim = queryDim;
    shape.valueDim = valueDim;
    TileChoice choice = chooseGpuTiles(kHopper, shape);
    WarpgroupTiles tiles = *WarpgroupTiles::choose(kHopper, queryDim, valueDim);
    EXPECT_EQ(choice.rows, tiles.getRows());
    EXPECT_EQ(choice.keys, tiles.keys);
    EXPECT_EQ(choice.panelRows, 64);
  }
}

//===----------------------------------------------------------------------===//
// Addresses and descriptors
//===----------------------------------------------------------------------===//

namespace {
using PanelTileTest = Lowered;
using TensorMapsTest = Lowered;
using FragmentsTest = Lowered;
} // namespace

/// The 128-byte swizzle: bits 4 to 6 of an address are combined with bits 7 to 9. `address` is that of a plain tile of rows of 128 bytes.
static int64_t swizzle(int64_t address) { return address ^ (address >> 7 & 7) << 4; }

/// The fields of a matrix descriptor (PTX ISA, "Matrix Descriptor Format" of wgmma).
static int64_t getField(uint64_t descriptor, unsigned begin, unsigned end) { return descriptor >> begin & ((uint64_t(1) << (end - begin)) - 1); }

TEST_F(PanelTileTest, describesTilesToProducts) {
  ImplicitLocOpBuilder &b = *builder;
  for (int64_t rows : {64, 80, 128})
    for (int64_t columns : {32, 64, 80, 128, 256}) {
      PanelTile tile = {rows, columns};
      EXPECT_EQ(tile.getBytes(), rows * 128 * ((columns + 63) / 64));
      for (int64_t address : {int64_t(0), int64_t(1024), int64_t(5 * 16384), (int64_t(227) << 10) - tile.getBytes()}) {
        for (bool isDepthInRows : {false, true}) {
          Value base = tile.buildDescriptorBase(b, i32Constant(b, address), isDepthInRows);
          int64_t steps = isDepthInRows ? rows / 16 : (columns + 15) / 16;
          for (int64_t step = 0; step < steps; ++step) {
            uint64_t descriptor = evaluate(tile.buildDescriptor(b, base, isDepthInRows, step));
            // Where element (row, column) lies: in rows of its panel.
            auto place = [&](int64_t row, int64_t column) { return address + column / 64 * rows * 128 + row * 128 + column % 64 * 2; };
            int64_t start = isDepthInRows ? place(16 * step, 0) : place(0, 16 * step);
            EXPECT_EQ(getField(descriptor, 0, 14), start / 16) << "start address";
            EXPECT_EQ(getField(descriptor, 14, 16), 0);
            if (isDepthInRows)
              EXPECT_EQ(getField(descriptor, 16, 30) * 16, place(0, 64) - place(0, 0)) << "leading dimension: the next panel";
            EXPECT_EQ(getField(descriptor, 32, 46) * 16, place(8, 0) - place(0, 0)) << "stride: the next eight rows";
            EXPECT_EQ(getField(descriptor, 49, 52), 0) << "base offset: tiles begin where the swizzle does";
            EXPECT_EQ(getField(descriptor, 62, 64), 1) << "128-byte swizzle";
          }
        }
      }
    }
}

/// Stages of a ring lie further on by a number that is added to the descriptor.
TEST_F(PanelTileTest, movesDescriptorsByUnits) {
  ImplicitLocOpBuilder &b = *builder;
  PanelTile tile = {128, 128};
  for (bool isDepthInRows : {false, true}) {
    Value first = tile.buildDescriptorBase(b, i32Constant(b, 65536), isDepthInRows);
    Value second = tile.buildDescriptorBase(b, i32Constant(b, 65536 + tile.getBytes()), isDepthInRows);
    EXPECT_EQ(evaluate(second) - evaluate(first), tile.getBytes() / 16);
  }
}

/// stmatrix: lane l names row l % 8 of the 8 x 8 matrix l / 8; lane m of a matrix' register holds row m / 4, columns 2 * (m % 4) and the next. What
/// each lane holds of the outputs must arrive where TMA looks for it.
TEST_F(PanelTileTest, writesOutputsWhereTheSwizzleHasThem) {
  ImplicitLocOpBuilder &b = *builder;
  constexpr int64_t kColumns = 128;
  PanelTile tile = {64, kColumns};
  auto pointer = LLVM::LLVMPointerType::get(&context, unsigned(NVVM::NVVMMemorySpace::Shared));
  Value memory = LLVM::UndefOp::create(b, pointer);
  SmallVector<ResultFragment> blocks;
  for (int64_t block = 0; block < kColumns / 8; ++block) {
    ResultFragment fragment;
    for (int64_t n = 0; n < 4; ++n)
      fragment.push_back(LLVM::UndefOp::create(b, b.getF32Type()));
    blocks.push_back(fragment);
  }
  for (int64_t warp = 0; warp < 4; ++warp)
    for (int64_t lane = 0; lane < 32; ++lane) {
      Operation *last = &module->getBody()->back();
      OutputTile output(b, tile, memory, i32Constant(b, warp), i32Constant(b, lane));
      output.write(b, b.getBF16Type(), blocks);
      int64_t store = 0;
      for (Operation *op = last->getNextNode(); op; op = op->getNextNode()) {
        auto written = dyn_cast<NVVM::StMatrixOp>(op);
        if (!written)
          continue;
        ASSERT_EQ(written.getSources().size(), 4u);
        // Matrices: left and right half of 16 columns; in each the upper and the lower eight rows.
        int64_t row = 16 * warp + lane / 8 % 2 * 8 + lane % 8, column = 16 * store + lane / 16 * 8;
        int64_t expected = column / 64 * tile.getPanelBytes() + swizzle(row * 128 + column % 64 * 2);
        EXPECT_EQ(evaluateOffset(written.getPtr(), memory), expected) << "warp " << warp << ", lane " << lane << ", columns from " << column;
        ++store;
      }
      EXPECT_EQ(store, kColumns / 16);
    }
}

//===----------------------------------------------------------------------===//
// Fragments
//===----------------------------------------------------------------------===//

/// Element i of the result of wgmma m64nNk16 that thread t of a warpgroup holds (PTX ISA, "Register Fragments for wgmma.mma_async.m64nNk16").
static std::pair<int64_t, int64_t> getResultPlace(int64_t thread, int64_t i) {
  return {16 * (thread / 32) + thread % 32 / 4 + 8 * (i / 2 % 2), 8 * (i / 4) + 2 * (thread % 4) + i % 2};
}

/// Element i of eight of the first operand, 64 x 16, in registers.
static std::pair<int64_t, int64_t> getOperandPlace(int64_t thread, int64_t i) {
  return {16 * (thread / 32) + thread % 32 / 4 + 8 * (i / 2 % 2), 2 * (thread % 4) + i % 2 + 8 * (i / 4)};
}

TEST_F(FragmentsTest, lieAsProductsLeaveThem) {
  ImplicitLocOpBuilder &b = *builder;
  auto normalizer = cast<NormalizerAttrInterface>(parseAttribute("#attn.softmax", &context));
  constexpr int64_t kKeys = 128, kColumns = 80;
  FragmentShape shape = {/*tileRows=*/128, /*warpRows=*/16, kKeys, kColumns};
  for (int64_t thread = 0; thread < 128; ++thread) {
    RowFragments fragments(b, normalizer, shape, i32Constant(b, thread % 32), i32Constant(b, thread / 32 * 16));
    ASSERT_EQ(fragments.getRowCount(), 2u);
    StoreColumns columns = fragments.getColumns();
    int64_t seen = 0;
    for (unsigned row = 0; row < 2; ++row)
      for (auto [n, number] : llvm::enumerate(fragments.getRowNumbers(row, shape.getValueBlocks()))) {
        int64_t column = evaluate(columns.first) + columns.distance * (int64_t(n) / 2) + int64_t(n) % 2;
        EXPECT_EQ(std::make_pair(evaluate(fragments.getRowInTile(row)), column), getResultPlace(thread, 4 * number.first + number.second));
        ++seen;
      }
    EXPECT_EQ(seen, 64 * kColumns / 128);
  }
}

/// Results 8 s to 8 s + 7 of Q K^T are, in their order, what a thread holds of the operand of keys 16 s to 16 s + 15 of P V.
TEST_F(FragmentsTest, ofScoresAreOperandsOfOutputs) {
  for (int64_t thread = 0; thread < 128; ++thread)
    for (int64_t i = 0; i < 128 / 2; ++i) {
      auto [row, key] = getResultPlace(thread, i);
      auto [operandRow, depth] = getOperandPlace(thread, i % 8);
      EXPECT_EQ(row, operandRow);
      EXPECT_EQ(key, 16 * (i / 8) + depth);
    }
}

/// The instruction names all registers of its results in their order, then the operands; results that are added to share their registers.
TEST_F(FragmentsTest, areNamedInOrder) {
  ImplicitLocOpBuilder &b = *builder;
  auto make = [&](Type type, size_t count) {
    SmallVector<Value> values;
    for (size_t n = 0; n < count; ++n)
      values.push_back(LLVM::UndefOp::create(b, type));
    return values;
  };
  SmallVector<Value> descriptors = make(b.getI64Type(), 2), words = make(b.getI32Type(), 4), sums = make(b.getF32Type(), 8);
  auto build = [&](bool isTransposed, ValueRange lhs, ValueRange accumulators) {
    SmallVector<Value> results = buildWarpgroupProduct(b, {b.getF16Type(), 16, isTransposed}, lhs, descriptors[1], accumulators);
    EXPECT_EQ(results.size(), 8u);
    return results.front().getDefiningOp()->getOperand(0).getDefiningOp<LLVM::InlineAsmOp>();
  };
  LLVM::InlineAsmOp fresh = build(false, descriptors[0], {});
  std::string begin = "{ .reg .pred p; setp.ne.b32 p, ";
  std::string product = ", 0; wgmma.mma_async.sync.aligned.m64n16k16.f32.f16.f16 {$0, $1, $2, $3, $4, $5, $6, $7}, ";
  EXPECT_EQ(fresh.getAsmString(), begin + "0" + product + "$8, $9, p, 1, 1, 0, 0; }");
  EXPECT_EQ(fresh.getConstraints(), "=f,=f,=f,=f,=f,=f,=f,=f,l,l");
  LLVM::InlineAsmOp added = build(true, words, sums);
  EXPECT_EQ(added.getAsmString(), begin + "1" + product + "{$16, $17, $18, $19}, $20, p, 1, 1, 1; }");
  EXPECT_EQ(added.getConstraints(), "=f,=f,=f,=f,=f,=f,=f,=f,0,1,2,3,4,5,6,7,r,r,r,r,l");
}

//===----------------------------------------------------------------------===//
// Tensor maps
//===----------------------------------------------------------------------===//

/// Views of argument 0 (queries) and 1 (keys), of the given groups, steps and phases.
static constexpr StringLiteral kViews = R"(
!q = memref<?x8x?x128xbf16>
!k = memref<?x2x?x128xbf16>
!odd = memref<?x2x?x36xbf16>
!queries = !attn.view<[i, d: 128] x bf16>
!keys = !attn.view<[j, d: 128] x bf16>
!odd_keys = !attn.view<[j, d: 36] x bf16>
func.func @views(%batch: index, %head: index, %unknown: index, %descriptor: i64) {
  %q = builtin.unrealized_conversion_cast %descriptor : i64 to !q {attn.argument = 0 : i64}
  %k = builtin.unrealized_conversion_cast %descriptor : i64 to !k {attn.argument = 1 : i64}
  %odd = builtin.unrealized_conversion_cast %descriptor : i64 to !odd {attn.argument = 1 : i64}
  %own = builtin.unrealized_conversion_cast %descriptor : i64 to !k
  %c0 = arith.constant 0 : index
  %c3 = arith.constant 3 : index
  %c9 = arith.constant 9 : index
  %plain = attn.query_view %q[%batch, %head] group = 1 step = 1 first(%c0) count(%c9) origin(%c0) residue(%c0)
    {name = "plain"} : !q -> !queries
  %grouped = attn.query_view %q[%batch, %head] group = 4 step = 1 first(%c0) count(%c9) origin(%c0) residue(%c0)
    {name = "grouped"} : !q -> !queries
  %three = attn.query_view %q[%batch, %head] group = 3 step = 1 first(%c0) count(%c9) origin(%c0) residue(%c0)
    {name = "three"} : !q -> !queries
  %both = attn.query_view %q[%batch, %head] group = 4 step = 5 first(%c3) count(%c9) origin(%c0) residue(%c0)
    {name = "both"} : !q -> !queries
  %stepped = attn.query_view %q[%batch, %head] group = 1 step = 5 first(%unknown) count(%c9) origin(%c0) residue(%c0)
    {name = "stepped"} : !q -> !queries
  %keys = attn.key_view %k[%batch, %head] step = 1 phase(%c0) count(%c9) {name = "keys"} : !k -> !keys
  %third = attn.key_view %k[%batch, %head] step = 64 phase(%c3) count(%c9) {name = "third"} : !k -> !keys
  %beyond = attn.key_view %k[%batch, %head] step = 5 phase(%c9) count(%c9) {name = "beyond"} : !k -> !keys
  %any = attn.key_view %k[%batch, %head] step = 5 phase(%unknown) count(%c9) {name = "any"} : !k -> !keys
  %ragged = attn.key_view %odd[%batch, %head] step = 1 phase(%c0) count(%c9) {name = "ragged"} : !odd -> !odd_keys
  %inside = attn.key_view %own[%batch, %head] step = 1 phase(%c0) count(%c9) {name = "inside"} : !k -> !keys
  return
})";

TEST_F(TensorMapsTest, sayWhereBoxesBegin) {
  ParserConfig config(&context);
  OwningOpRef<ModuleOp> parsed = parseSourceString<ModuleOp>(kViews, config);
  ASSERT_TRUE(parsed);
  auto function = *parsed->getOps<func::FuncOp>().begin();
  std::map<std::string, Operation *> views;
  function.walk([&](Operation *op) {
    if (auto name = op->getAttrOfType<StringAttr>("name"))
      views[name.str()] = op;
  });
  auto queries = [&](const char *name) { return cast<QueryViewOp>(views.at(name)); };
  auto keys = [&](const char *name) { return cast<KeyViewOp>(views.at(name)); };

  EXPECT_TRUE(TensorMaps::canMap(queries("plain"), 64) && TensorMaps::canMap(queries("grouped"), 64) && TensorMaps::canMap(queries("stepped"), 64));
  EXPECT_FALSE(TensorMaps::canMap(queries("three"), 64)) << "64 rows are no whole number of rows of three heads";
  EXPECT_TRUE(TensorMaps::canMap(queries("three"), 96));
  EXPECT_FALSE(TensorMaps::canMap(queries("both"), 64)) << "six dimensions";
  EXPECT_TRUE(TensorMaps::canMap(keys("keys")) && TensorMaps::canMap(keys("third")) && TensorMaps::canMap(keys("any")));
  EXPECT_FALSE(TensorMaps::canMap(keys("ragged"))) << "rows of 72 bytes";
  EXPECT_FALSE(TensorMaps::canMap(keys("inside"))) << "no argument";

  TensorMaps maps;
  EXPECT_EQ(maps.add(queries("plain"), 64), 0u);
  EXPECT_EQ(maps.add(queries("grouped"), 64), 1u);
  EXPECT_EQ(maps.add(keys("keys"), 128), 2u);
  EXPECT_EQ(maps.add(keys("third"), 128), 3u);
  EXPECT_EQ(maps.add(keys("any"), 128), 4u);
  EXPECT_EQ(maps.add(keys("beyond"), 128), 4u) << "no phase below the step: the kernel says where";
  EXPECT_EQ(maps.add(queries("plain"), 64), 0u) << "once";
  EXPECT_EQ(maps.add(keys("keys"), 64), 5u) << "boxes of other sizes need another one";
  TensorMap expected[] = {{0, 1, 1, 0, 64}, {0, 4, 1, 0, 64}, {1, 1, 1, 0, 128}, {1, 1, 64, 3, 128}, {1, 1, 5, -1, 128}, {1, 1, 1, 0, 64}};
  ASSERT_EQ(maps.getMaps().size(), std::size(expected));
  for (auto [found, map] : llvm::zip_equal(maps.getMaps(), expected))
    EXPECT_TRUE(found == map);

  // (column, [head of the group or residue], row, head, batch): a number, or the argument of the function that is shortened to it.
  ImplicitLocOpBuilder b(function.getLoc(), function.getBody().front().getTerminator());
  auto describe = [&](ValueRange coordinates) {
    std::vector<std::string> texts;
    for (Value coordinate : coordinates) {
      EXPECT_TRUE(coordinate.getType().isInteger(32));
      auto cast = coordinate.getDefiningOp<arith::IndexCastOp>();
      auto argument = cast ? dyn_cast<BlockArgument>(cast.getIn()) : BlockArgument();
      texts.push_back(argument ? "argument " + std::to_string(argument.getArgNumber()) : std::to_string(evaluate(coordinate)));
    }
    return texts;
  };
  using Texts = std::vector<std::string>;
  Value row = i32Constant(b, 192);
  SmallVector<Value> plain = buildBoxCoordinates(b, queries("plain"), row, 64), grouped = buildBoxCoordinates(b, queries("grouped"), row, 0);
  EXPECT_EQ(describe(plain), (Texts{"64", "192", "argument 1", "argument 0"}));
  EXPECT_EQ(describe(grouped), (Texts{"0", "0", "48", "argument 1", "argument 0"})) << "row 192 of four packed heads is row 48 of the first";
  EXPECT_EQ(describe(buildBoxCoordinates(b, keys("third"), row, 0)), (Texts{"0", "192", "argument 1", "argument 0"})) << "it begins at the phase";
  EXPECT_EQ(describe(buildBoxCoordinates(b, keys("any"), row, 0)), (Texts{"0", "argument 2", "192", "argument 1", "argument 0"}));
}
