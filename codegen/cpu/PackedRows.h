//===- PackedRows.h - where a packed row lies -------------------*- C++ -*-===//

#ifndef ATTN_CODEGEN_CPU_PACKEDROWS_H
#define ATTN_CODEGEN_CPU_PACKEDROWS_H

#include "codegen/cpu/VectorEmission.h"
#include "mlir/Dialect/Arith/IR/Arith.h"

namespace mlir::attn {

/// Indices of a packed row in a view [group][positions][...].
struct PackedRow {
  Value head, position;
};

/// Row r is head r mod group at position r div group.
inline PackedRow locatePackedRow(ImplicitLocOpBuilder &b, Value row, int64_t group) {
  if (group == 1)
    return {indexConstant(b, 0), row};
  Value heads = indexConstant(b, group);
  return {arith::RemUIOp::create(b, row, heads), arith::DivUIOp::create(b, row, heads)};
}

/// Calls `body(first column, columns)` for consecutive chunks of [0, columns): all of `chunk` columns but the last. A few
/// chunks are unrolled, many become a loop.
inline void forChunks(ImplicitLocOpBuilder &b, int64_t columns, int64_t chunk, int64_t unrollLimit,
                      llvm::function_ref<void(Value, int64_t)> body) {
  int64_t whole = columns / chunk * chunk;
  if (whole / chunk <= unrollLimit) {
    for (int64_t column = 0; column < whole; column += chunk)
      body(indexConstant(b, column), chunk);
  } else {
    forLoop(b, indexConstant(b, 0), indexConstant(b, whole), chunk, [&](Value column) { body(column, chunk); });
  }
  if (whole < columns)
    body(indexConstant(b, whole), columns - whole);
}

} // namespace mlir::attn

#endif // ATTN_CODEGEN_CPU_PACKEDROWS_H
