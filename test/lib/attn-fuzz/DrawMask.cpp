//===- DrawMask.cpp - random masks ----------------------------------------===//

#include "test/lib/attn-fuzz/Mask.h"

using namespace mlir::attn::fuzz;

/// Sides of windows and prefixes: empty, inside a tile, at its borders, across tiles, beyond everything.
static int64_t drawLength(Random &random) {
  return random.pick<int64_t>({0, 1, 2, 3, 5, 15, 16, 17, 31, 32, 33, 64, 95, 96, 97, 128, 200, 300, 1000, 4095});
}

static int64_t drawStep(Random &random) { return random.pick<int64_t>({1, 2, 3, 4, 5, 7, 8, 16, 31, 32, 33, 64, 100, 200}); }

static Number drawNumber(Random &random, int &numSymbols) {
  if (random.chance(0.3))
    return {0, numSymbols++};
  return {drawLength(random), -1};
}

//===----------------------------------------------------------------------===//
// Sets
//===----------------------------------------------------------------------===//

static std::string term(int64_t factor, const char *name) {
  return factor == 1 ? std::string(name) : std::to_string(factor) + " * " + name;
}

/// A linear expression in positions, now and then with heads, batch entries, lengths and run-time numbers.
static std::string drawLinear(Random &random, int &numSymbols) {
  std::string text = term(random.pick<int64_t>({1, 1, 1, 2, 3, -1, -1, -2}), "i") + " + " +
                     term(random.pick<int64_t>({1, 1, 2, 3, -1, -1, -1, -2}), "j");
  if (random.chance(0.2))
    text = random.chance(0.5) ? "i" : "j";
  if (random.chance(0.2))
    text += " + " + term(random.between(-16, 16), "h");
  if (random.chance(0.1))
    text += " + " + term(random.between(-16, 16), "b");
  if (random.chance(0.1))
    text += " + " + term(random.pick<int64_t>({1, -1, 2}), random.chance(0.5) ? "Tq" : "Tk");
  if (random.chance(0.2))
    text += std::string(random.chance(0.5) ? " + " : " - ") + getSymbolName(numSymbols++);
  int64_t constant = random.chance(0.3) ? 0 : drawLength(random) * random.pick<int64_t>({1, -1});
  return text + (constant < 0 ? " - " + std::to_string(-constant) : " + " + std::to_string(constant));
}

static std::string drawConstraint(Random &random, int &numSymbols) {
  std::string step = std::to_string(random.between(2, 40));
  const char *relation = random.pick<const char *>({" >= ", " >= ", " <= "});
  if (random.chance(0.6))
    return drawLinear(random, numSymbols) + relation + "0";
  switch (random.between(0, 5)) {
  case 0: return "(" + drawLinear(random, numSymbols) + ") mod " + step + " == " + std::to_string(random.between(0, 1));
  case 1: return "j mod " + step + relation + std::to_string(random.between(0, 4));
  case 2: return "i floordiv " + step + " - j floordiv " + step + relation + std::to_string(random.between(-2, 2));
  case 3: return "i floordiv " + step + " - j floordiv " + step + " == " + std::to_string(random.between(0, 2));
  case 4: return "i ceildiv " + step + " - j" + relation + "0";
  default: return "(i - j) mod " + step + " - h" + relation + "0";
  }
}

static Mask drawSet(Random &random, int &numSymbols) {
  Mask mask;
  mask.kind = Mask::Set;
  for (int64_t n = random.pick<int64_t>({1, 1, 2, 2, 3}); n > 0; --n)
    mask.constraints.push_back(drawConstraint(random, numSymbols));
  return mask;
}

//===----------------------------------------------------------------------===//
// Trees
//===----------------------------------------------------------------------===//

static Mask drawWindow(Random &random, int &numSymbols) {
  Mask mask;
  mask.kind = Mask::Window;
  int64_t sides = random.between(0, 2);
  if (sides != 1)
    mask.first = drawNumber(random, numSymbols);
  if (sides != 0)
    mask.second = drawNumber(random, numSymbols);
  return mask;
}

static Mask drawLeaf(Random &random, int &numSymbols) {
  Mask mask;
  mask.kind = random.pick({Mask::Causal, Mask::Causal, Mask::Window, Mask::Window, Mask::Prefix, Mask::Sinks, Mask::Strided,
                           Mask::KeyStride, Mask::Dilated, Mask::Chunked, Mask::Set, Mask::Set});
  switch (mask.kind) {
  case Mask::Window: return drawWindow(random, numSymbols);
  case Mask::Set: return drawSet(random, numSymbols);
  case Mask::Prefix:
  case Mask::Sinks: mask.first = drawNumber(random, numSymbols); break;
  case Mask::Strided:
  case Mask::Chunked: mask.first = Number{drawStep(random), -1}; break;
  case Mask::KeyStride:
    mask.first = Number{drawStep(random), -1};
    mask.second = Number{random.between(0, mask.first->value - 1), -1};
    break;
  case Mask::Dilated:
    mask.first = Number{drawStep(random), -1};
    mask.second = drawNumber(random, numSymbols);
    break;
  default: break;
  }
  return mask;
}

static Mask drawTree(Random &random, int &numSymbols, int depth) {
  if (depth == 0 || random.chance(0.35))
    return drawLeaf(random, numSymbols);
  Mask mask;
  mask.kind = random.pick({Mask::AllOf, Mask::AllOf, Mask::AnyOf, Mask::AnyOf, Mask::Not});
  for (int64_t n = mask.kind == Mask::Not ? 1 : random.between(2, 3); n > 0; --n)
    mask.children.push_back(drawTree(random, numSymbols, depth - 1));
  return mask;
}

Mask mlir::attn::fuzz::drawMask(Random &random, int &numSymbols) { return drawTree(random, numSymbols, random.pick({0, 1, 1, 1, 2, 2, 3})); }
