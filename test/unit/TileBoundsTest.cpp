//===- TileBoundsTest.cpp - tiles of rows against enumeration -------------===//

#include "passes/analysis/TileBounds.h"
#include "AnalysisMasks.h"
#include "passes/analysis/AffineEvaluation.h"

#include "mlir/IR/MLIRContext.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/raw_ostream.h"

#include <gtest/gtest.h>

#include <chrono>
#include <iostream>

using namespace mlir;
using namespace mlir::attn;
using namespace mlir::attn::test;

namespace {
/// A tile of rows of a segment with all numbers.
struct Tile {
  int64_t b, h, first, last, extent;
  SmallVector<int64_t> symbols; // with the residue of the query view
};

bool isVisible(const Segment &segment, const Tile &tile, int64_t x, int64_t y) {
  int64_t dims[] = {tile.b, tile.h, x};
  return llvm::all_of(segment.conditions, [&](AffineExpr condition) { return evaluate(condition, dims, tile.symbols) >= 0; }) &&
         llvm::all_of(segment.lower, [&](AffineExpr bound) { return y >= evaluate(bound, dims, tile.symbols); }) &&
         llvm::all_of(segment.upper, [&](AffineExpr bound) { return y < evaluate(bound, dims, tile.symbols); });
}

std::string describe(const KeyBounds &bounds) {
  std::string text;
  llvm::raw_string_ostream stream(text);
  for (AffineExpr bound : bounds.lower)
    stream << " y >= " << bound << ",";
  for (AffineExpr bound : bounds.upper)
    stream << " y < " << bound << ",";
  for (AffineExpr condition : bounds.conditions)
    stream << " " << condition << " >= 0,";
  stream << (bounds.exact ? " exact" : " safe");
  return text;
}

void expectRight(const Segment &segment, const TileBounds &bounds, const Tile &tile, int64_t tileSize) {
  int64_t dims[] = {tile.b, tile.h, tile.first, tile.last};
  Interval hull = evaluate(bounds.hull, dims, tile.symbols, tile.extent);
  Interval interior = bounds.interior ? evaluate(*bounds.interior, dims, tile.symbols, tile.extent) : Interval();
  EXPECT_EQ(bounds.interior.has_value(), !segment.predicate.has_value());
  SmallVector<bool> some(tile.extent), all(tile.extent);
  for (int64_t y = 0; y < tile.extent; ++y) {
    all[y] = true;
    for (int64_t x = tile.first; x <= tile.last; ++x) {
      some[y] = some[y] || isVisible(segment, tile, x, y);
      all[y] = all[y] && isVisible(segment, tile, x, y);
    }
    bool inHull = hull.begin <= y && y < hull.end, inInterior = interior.begin <= y && y < interior.end;
    std::string where = "y=" + std::to_string(y) + " rows " + std::to_string(tile.first) + ".." + std::to_string(tile.last);
    ASSERT_TRUE(inHull || !some[y]) << "the hull misses " << where << describe(bounds.hull);
    if (bounds.hull.exact)
      ASSERT_TRUE(!inHull || some[y]) << "the hull is not tight at " << where << describe(bounds.hull);
    ASSERT_TRUE(!inInterior || all[y]) << "the interior holds " << where << describe(*bounds.interior);
    if (bounds.interior && bounds.interior->exact)
      ASSERT_TRUE(inInterior || !all[y]) << "the interior misses " << where << describe(*bounds.interior);
  }
  KeyTiles tiles = getKeyTiles(bounds, dims, tile.symbols, tileSize, tile.extent);
  ASSERT_LE(tiles.lo, tiles.guardFreeLo);
  ASSERT_LE(tiles.guardFreeLo, tiles.guardFreeHi);
  ASSERT_LE(tiles.guardFreeHi, tiles.hi);
  for (int64_t index = 0; index * tileSize < tile.extent; ++index) {
    int64_t begin = index * tileSize, end = std::min(begin + tileSize, tile.extent);
    bool needed = std::any_of(some.begin() + begin, some.begin() + end, [](bool value) { return value; });
    bool full =
        begin + tileSize <= tile.extent && std::all_of(all.begin() + begin, all.begin() + end, [](bool v) { return v; });
    bool visited = tiles.lo <= index && index < tiles.hi, free = tiles.guardFreeLo <= index && index < tiles.guardFreeHi;
    ASSERT_TRUE(visited || !needed) << "key tile " << index << " is not visited";
    ASSERT_TRUE(!free || full) << "key tile " << index << " needs a guard";
    if (bounds.hull.exact)
      ASSERT_EQ(visited, needed) << "key tile " << index;
    if (bounds.interior && bounds.interior->exact)
      ASSERT_EQ(free, full) << "key tile " << index << " of size " << tileSize;
  }
}

Tile drawTile(std::mt19937 &random, int64_t rowStride) {
  int64_t first = draw(random, -12, 20);
  Tile tile = {draw(random, 0, 2), draw(random, 0, 9), first, first + draw(random, 0, 9), draw(random, 0, 24), {}};
  tile.symbols = {draw(random, 0, 20), draw(random, 0, 24), draw(random, -5, 9), draw(random, -5, 9),
                  draw(random, 0, rowStride - 1)};
  return tile;
}

class TileBoundsTest : public ::testing::Test {
protected:
  MLIRContext context;
};
} // namespace

TEST_F(TileBoundsTest, NamedMasksAreTightAndMaximal) {
  std::mt19937 random(1);
  for (const NamedMask &mask : getNamedMasks(&context)) {
    Segmentation segmentation = computeSegments(mask.formula, kNumSymbols, &context);
    for (const Segment &segment : segmentation.segments) {
      TileBounds bounds = getTileBounds(segment, segmentation.rowStride, kNumSymbols, &context);
      SCOPED_TRACE(mask.name + ": hull" + describe(bounds.hull));
      EXPECT_EQ(bounds.hull.exact, !segment.predicate.has_value());
      if (bounds.interior)
        EXPECT_TRUE(bounds.interior->exact) << describe(*bounds.interior);
      for (int index = 0; index < 300 && !HasFatalFailure(); ++index)
        expectRight(segment, bounds, drawTile(random, segmentation.rowStride), draw(random, 1, 9));
    }
  }
}

TEST_F(TileBoundsTest, RandomMasksAreSafeAndTightWhereClaimed) {
  std::mt19937 random(getSeed() + 1);
  int cases = getNumCases(2000), hulls = 0, exactHulls = 0, interiors = 0, exactInteriors = 0;
  for (int index = 0; index < cases && !HasFatalFailure(); ++index) {
    MaskFormula mask = getRandomMask(random, &context);
    Segmentation segmentation = computeSegments(mask, kNumSymbols, &context);
    SCOPED_TRACE(toString(mask));
    for (const Segment &segment : segmentation.segments) {
      TileBounds bounds = getTileBounds(segment, segmentation.rowStride, kNumSymbols, &context);
      ++hulls;
      exactHulls += bounds.hull.exact;
      interiors += bounds.interior.has_value();
      exactInteriors += bounds.interior && bounds.interior->exact;
      for (int shape = 0; shape < 4 && !HasFatalFailure(); ++shape)
        expectRight(segment, bounds, drawTile(random, segmentation.rowStride), draw(random, 1, 9));
    }
  }
  std::cout << hulls << " hulls, " << exactHulls << " exact; " << interiors << " interiors, " << exactInteriors << " exact"
            << std::endl;
  EXPECT_GT(exactHulls, hulls * 6 / 10);
  EXPECT_GT(exactInteriors, interiors * 6 / 10);
}

TEST_F(TileBoundsTest, CausalTileOfRows) {
  MaskBuilder m(&context);
  Segmentation segmentation = computeSegments(m.causal(), kNumSymbols, &context);
  TileBounds bounds = getTileBounds(segmentation.segments[0], 1, kNumSymbols, &context);
  // Rows 256..383 of 4096 keys, tiles of 128: the first two tiles are free of guards, the diagonal one is not.
  KeyTiles tiles = getKeyTiles(bounds, {0, 0, 256, 383}, {4096, 4096, 0, 0, 0}, 128, 4096);
  EXPECT_EQ(tiles.lo, 0);
  EXPECT_EQ(tiles.guardFreeLo, 0);
  EXPECT_EQ(tiles.guardFreeHi, 2);
  EXPECT_EQ(tiles.hi, 3);
  EXPECT_EQ(bounds.hull.upper.size(), 1u);
  EXPECT_TRUE(bounds.hull.conditions.empty());
}

TEST_F(TileBoundsTest, NoKeysNoTiles) {
  MaskBuilder m(&context);
  Segmentation segmentation = computeSegments(m.causal(), kNumSymbols, &context);
  TileBounds bounds = getTileBounds(segmentation.segments[0], 1, kNumSymbols, &context);
  for (int64_t extent : {0, 64}) {
    KeyTiles tiles = getKeyTiles(bounds, {0, 0, -64, -1}, {64, 64, 0, 0, 0}, 16, extent);
    EXPECT_EQ(tiles.hi - tiles.lo, 0);
  }
}

TEST_F(TileBoundsTest, SegmentsAndBoundsTakeLessThan50Milliseconds) {
  for (const NamedMask &mask : getNamedMasks(&context)) {
    // The best of three: another process may take the core meanwhile.
    double elapsed = 1e9;
    for (int attempt = 0; attempt < 3; ++attempt) {
      auto start = std::chrono::steady_clock::now();
      Segmentation segmentation = computeSegments(mask.formula, kNumSymbols, &context);
      for (const Segment &segment : segmentation.segments)
        getTileBounds(segment, segmentation.rowStride, kNumSymbols, &context);
      elapsed = std::min(elapsed, std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count());
    }
    std::cout << mask.name << ": " << elapsed << " ms" << std::endl;
    EXPECT_LT(elapsed, 50) << mask.name;
  }
}
