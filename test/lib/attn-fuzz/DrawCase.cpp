//===- DrawCase.cpp - random descriptions and inputs ----------------------===//

#include "test/lib/attn-fuzz/Case.h"
#include "runtime/attn.h"

#include <algorithm>

using namespace mlir::attn::fuzz;

/// Work of the interpreter for one run, in multiplications; one run in ten may take the larger one.
static constexpr double kUsualWork = 6e6, kLargeWork = 8e7;

//===----------------------------------------------------------------------===//
// Descriptions
//===----------------------------------------------------------------------===//

static void drawHeads(Random &random, Case &test) {
  struct Heads {
    int64_t query, key;
  };
  Heads heads = random.pick<Heads>({{1, 1}, {1, 1}, {2, 2}, {2, 1}, {4, 2}, {3, 1}, {6, 2}, {5, 1}, {8, 1}, {3, 3}, {4, 4}, {12, 4}, {16, 2}, {32, 1}});
  test.heads = heads.query;
  test.keyHeads = heads.key;
  auto drawDim = [&] { return random.pick<int64_t>({1, 3, 8, 16, 17, 31, 32, 48, 64, 64, 80, 96, 128, 128, 192, 256}); };
  test.keyDim = drawDim();
  test.valueDim = random.chance(0.6) ? test.keyDim : drawDim();
}

static void drawTypes(Random &random, Case &test) {
  auto drawType = [&] { return random.pick({Element::F32, Element::F32, Element::BF16, Element::BF16, Element::F16}); };
  test.input = drawType();
  test.output = random.chance(0.7) ? test.input : drawType();
}

static std::string drawTarget(Random &random) {
  const char *target = random.pick({"host", "host", "host", "x86-64-v4", "x86-64-v3", "x86-64"});
  return attn_can_run(target) ? target : "host";
}

//===----------------------------------------------------------------------===//
// Inputs
//===----------------------------------------------------------------------===//

/// On both sides of the borders of vectors, panels, tiles and split keys.
static int64_t drawSize(Random &random) {
  if (random.chance(0.06))
    return 0;
  if (random.chance(0.15))
    return random.between(1, 400);
  return random.pick<int64_t>({1, 1, 1, 2, 3, 7, 15, 16, 17, 31, 32, 33, 47, 48, 49, 63, 64, 65, 95, 96, 97, 127, 128, 129, 191, 193, 255, 257, 383, 384, 385});
}

static int64_t drawKeys(Random &random, bool large) {
  if (large && random.chance(0.6))
    return random.pick<int64_t>({511, 513, 767, 769, 1000, 1535, 1536, 1537, 2050, 3073, 4100});
  return drawSize(random);
}

static int64_t drawOffset(Random &random, const Run &run) {
  return random.pick<int64_t>({0, 0, run.keys - run.queries, run.keys, -1, -run.queries, random.between(-50, 50), random.between(0, 500)});
}

static int64_t drawLength(Random &random, const Run &run, bool merged) {
  int64_t most = merged ? std::min(run.keys, run.moreKeys) : run.keys;
  return random.pick<int64_t>({0, std::min<int64_t>(1, most), most, random.between(0, most), random.between(0, most)});
}

static double countWork(const Case &test, const Run &run) {
  double pair = test.keyDim + test.valueDim + 40.0 * test.score.size() + (test.mask ? 30.0 : 0.0);
  return double(run.batch) * test.heads * run.queries * (run.keys + (test.merged ? run.moreKeys : 0)) * pair;
}

static Run drawRun(Random &random, const Case &test, int numSymbols) {
  Run run;
  bool large = random.chance(0.1);
  run.batch = random.pick<int64_t>({1, 1, 2, 3});
  if (random.chance(0.02))
    run.batch = 0;
  run.keys = drawKeys(random, large);
  run.moreKeys = drawKeys(random, large);
  run.queries = random.chance(0.3) ? run.keys : drawSize(random);
  double allowed = large ? kLargeWork : kUsualWork;
  if (countWork(test, run) > allowed)
    run.batch = 1;
  while (countWork(test, run) > allowed && (run.queries > 1 || run.keys > 1)) {
    // Long keys with few queries are what split keys are for.
    int64_t &size = run.queries > 1 && (large || run.queries > run.keys || random.chance(0.5)) ? run.queries : run.keys;
    size = std::max<int64_t>(1, size - std::max<int64_t>(1, size / 3));
    if (run.keys == 1)
      run.moreKeys = 1;
  }
  for (int n = 0; n < numSymbols; ++n)
    run.numbers.push_back(random.pick<int64_t>({0, 1, 2, 3, 7, 16, 31, 32, 33, 64, 96, 100, 127, 128, 300, 4095, run.keys, random.between(0, 300)}));
  run.scale = random.pick({0.05, 0.125, 0.3, 1.0});
  for (int64_t b = 0; b < run.batch; ++b) {
    run.lengths.push_back(drawLength(random, run, test.merged));
    run.offsets.push_back(drawOffset(random, run));
  }
  if (run.offsets.empty())
    run.offsets.push_back(0);
  for (Layout &layout : run.layouts)
    layout = random.pick({Layout::Dense, Layout::Dense, Layout::ByToken, Layout::Padded});
  run.values = random.chance(0.7) ? Values::Normal : random.pick({Values::Peaked, Values::Large, Values::Tiny, Values::Zero, Values::NanQuery});
  run.guardBefore = random.chance(0.3);
  run.seed = random.next() % 1000000;
  return run;
}

Case mlir::attn::fuzz::drawCase(uint64_t seed, uint64_t number) {
  Random random(seed * 0x9e3779b97f4a7c15u + number);
  Case test;
  int numSymbols = 0;
  test.number = number;
  drawHeads(random, test);
  drawTypes(random, test);
  if (random.chance(0.8))
    test.mask = drawMask(random, numSymbols);
  if (random.chance(0.35))
    for (int64_t n = random.pick({1, 1, 1, 2, 3}); n > 0; --n)
      test.score.push_back(drawScoreStep(random));
  test.scale = random.pick({Scale::Default, Scale::Default, Scale::Constant, Scale::Operand});
  test.offset = random.pick({Offset::Default, Offset::Default, Offset::Default, Offset::Scalar, Offset::Tensor});
  test.lengths = random.chance(0.3);
  test.lse = random.chance(0.4);
  test.rowMax = random.chance(0.2);
  test.merged = random.chance(0.05);
  test.staticSizes = random.chance(0.1);
  test.target = drawTarget(random);
  for (int64_t n = test.staticSizes ? 1 : 3; n > 0; --n)
    test.runs.push_back(drawRun(random, test, numSymbols));
  return test;
}
