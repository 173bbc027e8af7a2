//===- MatrixAtom.h - the product every CPU kernel is made of ---*- C++ -*-===//
//
// One micro-kernel serves all matrix products: acc[row][vector] += broadcast(A[step][row]) * B[step][vector]. An atom says what
// one step multiplies: one f32, or a pair of bf16 in the 32 bits of an f32 lane. Everything else (loops, blocks, loads,
// transposes) moves 32-bit lanes and does not know the difference.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_CODEGEN_CPU_MATRIXATOM_H
#define ATTN_CODEGEN_CPU_MATRIXATOM_H

#include "codegen/cpu/CpuMachine.h"
#include "codegen/cpu/VectorEmission.h"

namespace mlir::attn {

class MatrixAtom {
public:
  /// The atom for operands of element type `storage`: bf16 pairs where the machine has that product, else f32. Other storage
  /// types are widened to f32 when tiles are packed.
  MatrixAtom(const CpuMachine &machine, Type storage);

  const CpuMachine &getMachine() const { return *machine; }
  /// Elements of the reduction in one 32-bit lane: 1 or 2.
  unsigned getPackFactor() const { return packFactor; }
  /// Element type of packed operands: f32 or bf16.
  Type getOperandType() const { return operandType; }
  /// vector<lanes x f32>: accumulators, and packed operands seen as 32-bit lanes.
  VectorType getLaneType() const { return laneType; }
  /// Steps that a reduction over `count` elements takes.
  int64_t getSteps(int64_t count) const { return (count + packFactor - 1) / packFactor; }

  /// A lane vector whose every lane holds the `packFactor` operands at `pointer`.
  Value broadcast(ImplicitLocOpBuilder &b, Value pointer) const;
  /// accumulator + lhs * rhs for each lane; `lhs` and `rhs` are lane vectors of packed operands.
  Value multiplyAdd(ImplicitLocOpBuilder &b, Value lhs, Value rhs, Value accumulator) const;

private:
  const CpuMachine *machine;
  unsigned packFactor;
  Type operandType;
  VectorType laneType;
};

/// value = lhs * rhs + addend on f32 vectors or scalars; fused where the machine can.
Value multiplyAddF32(ImplicitLocOpBuilder &b, const CpuMachine &machine, Value lhs, Value rhs, Value addend);

/// Where the broadcast operands of a register block lie. They are read through pointers that advance with the loop: a dozen
/// rows addressed by index would need a dozen multiplications in each step, or a dozen registers.
struct BroadcastOperands {
  /// Pointers at step 0, and the bytes that each step adds to them (a constant or an i64 value).
  SmallVector<Value> pointers;
  Value advance;
  /// Each row's element is at pointers[pointer] + offset bytes (i64; null: 0).
  struct Row {
    unsigned pointer;
    Value offset;
  };
  SmallVector<Row> rows;

  /// `count` rows of a view from (firstRow, 0) on; steps walk along the row.
  static BroadcastOperands alongRows(ImplicitLocOpBuilder &b, const MatrixAtom &atom, Value view, Value firstRow,
                                     unsigned count);
  /// `count` neighbouring operands (of `packFactor` elements) of a view from (firstRow, firstElement) on; steps walk down the
  /// rows.
  static BroadcastOperands acrossRows(ImplicitLocOpBuilder &b, const MatrixAtom &atom, Value view, Value firstRow,
                                      Value firstElement, unsigned count);
};

/// What `emitProduct` multiplies.
struct ProductOperands {
  BroadcastOperands broadcasts;
  /// Accumulators: one for each row of `broadcasts` and each of `vectors`.
  unsigned vectors;
  /// Step indices run from 0 to `steps` (an index value).
  Value steps;
  /// The lane vectors of one step.
  llvm::function_ref<Value(Value step, unsigned vector)> lanes;
  /// Emitted once for each step, for example a prefetch; may be null.
  llvm::function_ref<void(Value step)> beside;
};

/// Emits the micro-kernel's loop. It is not unrolled: a block leaves no register free, and LLVM would move the loads of later
/// steps up and spill (240 against 140 GFLOP/s when unrolled by two). Returns the accumulators, which start at zero, row by
/// row.
SmallVector<Value> emitProduct(ImplicitLocOpBuilder &b, const MatrixAtom &atom, const ProductOperands &operands);

} // namespace mlir::attn

#endif // ATTN_CODEGEN_CPU_MATRIXATOM_H
