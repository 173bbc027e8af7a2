//===- FloatFormats.h - rounding to narrow floats ---------------*- C++ -*-===//
//
// Conversions between f32 and the 16-bit formats, to nearest even, with infinities, NaN and subnormals kept.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_CODEGEN_FLOATFORMATS_H
#define ATTN_CODEGEN_FLOATFORMATS_H

#include "mlir/IR/BuiltinTypes.h"

#include <cstdint>

namespace mlir::attn {

uint16_t floatToBF16(float value);
uint16_t floatToF16(float value);
float floatFromBF16(uint16_t bits);
float floatFromF16(uint16_t bits);

/// `value` rounded once to a float type of at most 64 bits; beyond its range to an infinity.
double roundToType(double value, FloatType type);

} // namespace mlir::attn

#endif // ATTN_CODEGEN_FLOATFORMATS_H
