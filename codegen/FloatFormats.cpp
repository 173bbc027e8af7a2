//===- FloatFormats.cpp - rounding to narrow floats -----------------------===//

#include "codegen/FloatFormats.h"
#include "llvm/ADT/bit.h"
#include <cmath>

using namespace mlir;
using namespace mlir::attn;

static constexpr uint32_t kSignBit = 0x80000000u;
static constexpr uint32_t kInfinity = 0x7f800000u;

uint16_t attn::floatToBF16(float value) {
  uint32_t bits = llvm::bit_cast<uint32_t>(value);
  if ((bits & ~kSignBit) > kInfinity) // The carry of rounding must not turn a NaN into an infinity.
    return (bits >> 16) | 0x40;
  return (bits + 0x7fff + ((bits >> 16) & 1)) >> 16;
}

float attn::floatFromBF16(uint16_t bits) { return llvm::bit_cast<float>(uint32_t(bits) << 16); }

uint16_t attn::floatToF16(float value) {
  uint32_t bits = llvm::bit_cast<uint32_t>(value);
  uint32_t magnitude = bits & ~kSignBit;
  uint16_t sign = (bits & kSignBit) >> 16;
  if (magnitude > kInfinity)
    return sign | 0x7e00 | ((magnitude >> 13) & 0x3ff);
  if (magnitude >= 0x477ff000u) // 65520 and above round to infinity.
    return sign | 0x7c00;
  if (magnitude < 0x38800000u) { // Below 2^-14: a multiple of 2^-24, which the float addition rounds to.
    float shifted = llvm::bit_cast<float>(magnitude) + 0.5f;
    return sign | (llvm::bit_cast<uint32_t>(shifted) - 0x3f000000u);
  }
  uint32_t rebased = magnitude - 0x38000000u; // The exponent's bias is 127 in f32 and 15 in f16.
  return sign | ((rebased + 0xfff + ((rebased >> 13) & 1)) >> 13);
}

float attn::floatFromF16(uint16_t bits) {
  uint32_t sign = uint32_t(bits & 0x8000) << 16, exponent = (bits >> 10) & 0x1f, fraction = bits & 0x3ff;
  if (exponent == 0x1f)
    return llvm::bit_cast<float>(sign | kInfinity | (fraction << 13));
  if (exponent == 0) {
    float magnitude = std::ldexp(float(fraction), -24);
    return sign ? -magnitude : magnitude;
  }
  return llvm::bit_cast<float>(sign | ((exponent + 112) << 23) | (fraction << 13));
}

double attn::roundToType(double value, FloatType type) {
  if (type.isF64())
    return value;
  if (type.isF32())
    return float(value);
  if (value == 0.0 || !std::isfinite(value))
    return value;
  const llvm::fltSemantics &format = type.getFloatSemantics();
  int exponent = std::max(std::ilogb(value), int(APFloat::semanticsMinExponent(format)));
  int lastPlace = exponent - int(APFloat::semanticsPrecision(format)) + 1;
  double rounded = std::ldexp(std::nearbyint(std::ldexp(value, -lastPlace)), lastPlace);
  if (std::ilogb(rounded) > int(APFloat::semanticsMaxExponent(format)) && rounded != 0.0)
    return std::copysign(std::numeric_limits<double>::infinity(), value);
  return rounded;
}
