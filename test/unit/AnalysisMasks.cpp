//===- AnalysisMasks.cpp - masks for the tests of the analysis ------------===//

#include "AnalysisMasks.h"

#include "llvm/Support/raw_ostream.h"

#include <cstdlib>
#include <iostream>

using namespace mlir;
using namespace mlir::attn;
using namespace mlir::attn::test;

MaskBuilder::MaskBuilder(MLIRContext *context) : context(context) {
  bindDims(context, b, h, i, j);
  bindSymbols(context, Tq, Tk, V, W);
}

MaskFormula MaskBuilder::causal() const { return MaskFormula::atLeastZero(i - j); }

MaskFormula MaskBuilder::window(AffineExpr left, AffineExpr right) const {
  SmallVector<MaskFormula> sides;
  if (left)
    sides.push_back(MaskFormula::atLeastZero(j - i + left));
  if (right)
    sides.push_back(MaskFormula::atLeastZero(i + right - j));
  return MaskFormula::allOf(sides);
}

MaskFormula MaskBuilder::window(int64_t left) const { return window(constant(left), nullptr); }
MaskFormula MaskBuilder::prefix(AffineExpr length) const { return MaskFormula::atLeastZero(length - 1 - j); }
MaskFormula MaskBuilder::prefix(int64_t length) const { return prefix(constant(length)); }
MaskFormula MaskBuilder::strided(int64_t step) const { return MaskFormula::isZero((i - j) % step); }
MaskFormula MaskBuilder::keyStride(int64_t step, AffineExpr offset) const { return MaskFormula::isZero(j % step - offset); }
MaskFormula MaskBuilder::keyStride(int64_t step, int64_t offset) const { return keyStride(step, constant(offset)); }

MaskFormula MaskBuilder::dilated(int64_t step, int64_t window) const {
  return MaskFormula::allOf(
      {MaskFormula::atLeastZero(i - j), MaskFormula::atLeastZero(j - i + step * (window - 1)), strided(step)});
}

MaskFormula MaskBuilder::chunked(int64_t size) const { return MaskFormula::isZero(i.floorDiv(size) - j.floorDiv(size)); }

std::vector<NamedMask> mlir::attn::test::getNamedMasks(MLIRContext *context) {
  MaskBuilder m(context);
  auto c = [&](int64_t value) { return m.constant(value); };
  MaskFormula inHead = MaskFormula::isZero(m.h % 2);
  return {
      {"full", MaskFormula::allOf({}), 1, 1, false},
      {"nothing", MaskFormula::anyOf({}), 0, 1, false},
      {"causal", m.causal(), 1, 1, false},
      {"window left", m.window(5), 1, 1, false},
      {"window right", m.window(nullptr, c(3)), 1, 1, false},
      {"window both", m.window(c(5), c(3)), 1, 1, false},
      {"window of a symbol", m.window(m.W, m.V), 1, 1, false},
      {"prefix", m.prefix(7), 1, 1, false},
      {"prefix of a symbol", m.prefix(m.W), 1, 1, false},
      {"strided", m.strided(5), 1, 5, false},
      {"key_stride", m.keyStride(8, 3), 1, 1, false},
      {"key_stride of a symbol", m.keyStride(8, m.W), 1, 1, false},
      {"key_stride of the head", m.keyStride(4, m.h % 4), 1, 1, false},
      {"dilated", m.dilated(3, 4), 1, 3, false},
      {"chunked", m.chunked(6), 1, 1, false},
      {"causal & window", m.causal() & m.window(9), 1, 1, false},
      {"causal & window of a symbol", m.causal() & m.window(m.W, nullptr), 1, 1, false},
      {"causal & (window | sinks)", m.causal() & (m.window(9) | m.prefix(4)), 2, 1, false},
      {"causal & (window of a symbol | sinks)", m.causal() & (m.window(m.W, nullptr) | m.prefix(4)), 2, 1, false},
      {"causal | prefix", m.causal() | m.prefix(7), 2, 1, false},
      {"causal | prefix of a symbol", m.causal() | m.prefix(m.W), 2, 1, false},
      {"causal & key_stride", m.causal() & m.keyStride(4), 1, 1, false},
      {"causal & strided", m.causal() & m.strided(4), 1, 4, false},
      {"causal & (window | key_stride)", m.causal() & (m.window(9) | m.keyStride(8, 7)), 2, 1, false},
      {"causal & (window | key_stride 64)", m.causal() & (m.window(9) | m.keyStride(64)), 2, 1, false},
      {"causal & (window | strided)", m.causal() & (m.window(9) | m.strided(7)), 2, 1, true},
      {"causal & (strided | sinks)", m.causal() & (m.strided(7) | m.prefix(4)), 2, 7, false},
      {"causal & chunked", m.causal() & m.chunked(6), 1, 1, false},
      {"chunked | prefix", m.chunked(6) | m.prefix(5), -1, 1, false},
      {"causal | window", m.causal() | m.window(c(5), c(3)), 1, 1, false},
      {"not causal", !m.causal(), 1, 1, false},
      {"not (causal & window)", !(m.causal() & m.window(9)), 2, 1, false},
      {"not chunked", !m.chunked(6), 2, 1, false},
      {"not key_stride 4", !m.keyStride(4), 3, 1, false},
      {"not key_stride 64", !m.keyStride(64), 1, 1, true},
      {"causal & not window", m.causal() & !m.window(9), 1, 1, false},
      {"causal & fixed summary keys", m.causal() & (m.chunked(8) | MaskFormula::atLeastZero(m.j % 8 - 6)), 3, 1, false},
      {"query and key of the same parity", MaskFormula::isZero(m.j % 2 - m.i % 2), 1, 2, false},
      {"global heads or window", m.causal() & (inHead | m.window(9)), 2, 1, false},
      {"block diagonal written with a symbol", MaskFormula::atLeastZero(m.j - m.i.floorDiv(4) * 4 + m.W), 1, 1, false},
      {"two moduli", m.keyStride(4, 1) & m.keyStride(6, 3), 1, 1, false},
      {"two moduli that exclude each other", m.keyStride(4, 1) & m.keyStride(6, 2), 0, 1, false},
      {"no multiple in an interval", m.keyStride(64) & m.prefix(64) & MaskFormula::atLeastZero(m.j - 1), 0, 1, false},
      {"contradiction", m.causal() & !m.causal(), 0, 1, false},
      {"tautology", m.causal() | !m.causal(), 1, 1, false},
  };
}

int64_t mlir::attn::test::draw(std::mt19937 &random, int64_t first, int64_t last) {
  return first + static_cast<int64_t>(random() % static_cast<uint32_t>(last - first + 1));
}

static AffineExpr getRandomExpr(std::mt19937 &random, MLIRContext *context, int depth) {
  MaskBuilder m(context);
  AffineExpr variables[] = {m.i, m.j, m.i, m.j, m.j, m.h, m.b, m.V, m.W, m.Tk, m.Tq};
  AffineExpr result = m.constant(draw(random, -6, 6));
  int numTerms = static_cast<int>(draw(random, 1, 3));
  for (int term = 0; term < numTerms; ++term) {
    AffineExpr part = depth > 0 && draw(random, 0, 2) == 0 ? getRandomExpr(random, context, depth - 1)
                                                           : variables[draw(random, 0, std::size(variables) - 1)];
    int64_t divisor = draw(random, 1, 7);
    switch (draw(random, 0, 8)) {
    case 0:
      part = part % divisor;
      break;
    case 1:
      part = part.floorDiv(divisor);
      break;
    case 2:
      part = part.ceilDiv(divisor);
      break;
    default:
      break;
    }
    int64_t coefficient = draw(random, 0, 3) == 0 ? draw(random, -3, 3) : draw(random, 0, 1) * 2 - 1;
    result = result + part * coefficient;
  }
  return result;
}

static MaskFormula getRandomAtom(std::mt19937 &random, MLIRContext *context) {
  MaskBuilder m(context);
  switch (draw(random, 0, 11)) {
  case 0:
    return m.causal();
  case 1:
    return m.window(draw(random, 0, 8));
  case 2:
    return m.prefix(draw(random, 0, 8));
  case 3:
    return m.strided(draw(random, 1, 5));
  case 4:
    return m.keyStride(draw(random, 1, 9), draw(random, -1, 5));
  case 5:
    return m.chunked(draw(random, 1, 7));
  case 6:
    return MaskFormula::isZero((m.i * draw(random, -2, 2) + m.j * draw(random, -3, 3) + m.h) % draw(random, 1, 6));
  case 7:
    return MaskFormula::isZero(getRandomExpr(random, context, 1));
  default:
    return MaskFormula::atLeastZero(getRandomExpr(random, context, 1));
  }
}

static MaskFormula combine(std::mt19937 &random, MLIRContext *context, int atoms) {
  MaskFormula result = getRandomAtom(random, context);
  if (atoms > 1) {
    int left = static_cast<int>(draw(random, 1, atoms - 1));
    MaskFormula a = combine(random, context, left), b = combine(random, context, atoms - left);
    result = draw(random, 0, 1) ? a & b : a | b;
  }
  return draw(random, 0, 4) == 0 ? !result : result;
}

MaskFormula mlir::attn::test::getRandomMask(std::mt19937 &random, MLIRContext *context) {
  return combine(random, context, static_cast<int>(draw(random, 1, 4)));
}

std::string mlir::attn::test::toString(const MaskFormula &mask) {
  std::string result;
  if (mask.getKind() == MaskFormula::Kind::Constraint) {
    llvm::raw_string_ostream stream(result);
    stream << mask.getExpr() << (mask.isEquality() ? " == 0" : " >= 0");
    return result;
  }
  result = mask.getKind() == MaskFormula::Kind::And ? "and(" : mask.getKind() == MaskFormula::Kind::Or ? "or(" : "not(";
  for (const MaskFormula &child : mask.getChildren())
    result += toString(child) + "; ";
  return result + ")";
}

unsigned mlir::attn::test::getSeed() {
  const char *text = std::getenv("ATTN_TEST_SEED");
  unsigned seed = text ? static_cast<unsigned>(std::strtoul(text, nullptr, 10)) : 20240917u;
  std::cout << "ATTN_TEST_SEED=" << seed << std::endl;
  return seed;
}

int mlir::attn::test::getNumCases(int standard) {
  const char *text = std::getenv("ATTN_TEST_CASES");
  return text ? std::atoi(text) : standard;
}
