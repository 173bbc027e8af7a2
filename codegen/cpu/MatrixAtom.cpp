//===- MatrixAtom.cpp - the product every CPU kernel is made of -----------===//

#include "codegen/cpu/MatrixAtom.h"

#include "codegen/cpu/RawPointers.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/Dialect/X86Vector/X86VectorDialect.h"

namespace mlir::attn {

MatrixAtom::MatrixAtom(const CpuMachine &machine, Type storage)
    : machine(&machine), packFactor(machine.hasNativeDot(storage) ? 2 : 1) {
  Type f32 = Float32Type::get(storage.getContext());
  operandType = packFactor == 2 ? storage : f32;
  laneType = vectorOf(machine.lanes, f32);
}

Value MatrixAtom::broadcast(ImplicitLocOpBuilder &b, Value pointer) const {
  // A pair is loaded as the 32 bits that it is, from wherever its two elements may lie.
  unsigned alignment = operandType.getIntOrFloatBitWidth() / 8;
  return splat(b, laneType, LLVM::LoadOp::create(b, b.getF32Type(), pointer, alignment));
}

Value MatrixAtom::multiplyAdd(ImplicitLocOpBuilder &b, Value lhs, Value rhs, Value accumulator) const {
  if (packFactor == 1)
    return multiplyAddF32(b, *machine, lhs, rhs, accumulator);
  VectorType pairs = vectorOf(2 * machine->lanes, operandType);
  return x86vector::DotBF16Op::create(b, accumulator, vector::BitCastOp::create(b, pairs, lhs),
                                      vector::BitCastOp::create(b, pairs, rhs));
}

Value multiplyAddF32(ImplicitLocOpBuilder &b, const CpuMachine &machine, Value lhs, Value rhs, Value addend) {
  if (machine.fma)
    return math::FmaOp::create(b, lhs, rhs, addend);
  return arith::AddFOp::create(b, arith::MulFOp::create(b, lhs, rhs), addend);
}

BroadcastOperands BroadcastOperands::alongRows(ImplicitLocOpBuilder &b, const MatrixAtom &atom, Value view, Value firstRow,
                                               unsigned count) {
  BroadcastOperands operands;
  operands.advance = int64Constant(b, 4);
  // Three rows share a pointer: an x86 address has a base and one scaled index, so p, p + stride and p + 2 * stride cost
  // nothing.
  constexpr unsigned kRowsPerPointer = 3;
  Value pointer = elementPointer(b, view, firstRow, indexConstant(b, 0)), stride = rowStrideBytes(b, view);
  Value two = int64Constant(b, 2), offsets[] = {Value(), stride, arith::MulIOp::create(b, stride, two)};
  for (unsigned row = 0; row < count; ++row) {
    if (row % kRowsPerPointer == 0)
      operands.pointers.push_back(advancePointer(b, pointer, arith::MulIOp::create(b, stride, int64Constant(b, row))));
    operands.rows.push_back({row / kRowsPerPointer, offsets[row % kRowsPerPointer]});
  }
  return operands;
}

BroadcastOperands BroadcastOperands::acrossRows(ImplicitLocOpBuilder &b, const MatrixAtom &atom, Value view, Value firstRow,
                                                Value firstElement, unsigned count) {
  BroadcastOperands operands;
  Value column = arith::MulIOp::create(b, firstElement, indexConstant(b, atom.getPackFactor()));
  operands.pointers.push_back(elementPointer(b, view, firstRow, column));
  operands.advance = rowStrideBytes(b, view);
  for (unsigned row = 0; row < count; ++row)
    operands.rows.push_back({0, row == 0 ? Value() : int64Constant(b, 4 * row)});
  return operands;
}

SmallVector<Value> emitProduct(ImplicitLocOpBuilder &b, const MatrixAtom &atom, const ProductOperands &operands) {
  const BroadcastOperands &broadcasts = operands.broadcasts;
  size_t count = broadcasts.rows.size() * operands.vectors;
  SmallVector<Value> init(count, floatConstant(b, atom.getLaneType(), 0.0));
  llvm::append_range(init, broadcasts.pointers);
  auto oneStep = [&](Value step, MutableArrayRef<Value> accumulators, MutableArrayRef<Value> pointers) {
    SmallVector<Value> lanes;
    for (unsigned vector = 0; vector < operands.vectors; ++vector)
      lanes.push_back(operands.lanes(step, vector));
    for (auto [row, place] : llvm::enumerate(broadcasts.rows)) {
      Value pointer = pointers[place.pointer];
      Value factor = atom.broadcast(b, place.offset ? advancePointer(b, pointer, place.offset) : pointer);
      for (unsigned vector = 0; vector < operands.vectors; ++vector) {
        Value &accumulator = accumulators[row * operands.vectors + vector];
        accumulator = atom.multiplyAdd(b, factor, lanes[vector], accumulator);
      }
    }
    for (Value &pointer : pointers)
      pointer = advancePointer(b, pointer, broadcasts.advance);
    if (operands.beside)
      operands.beside(step);
  };
  Value zero = indexConstant(b, 0);
  SmallVector<Value> results = forLoop(b, zero, operands.steps, 1, init, [&](Value step, ValueRange carried) {
    SmallVector<Value> next(carried);
    MutableArrayRef<Value> all(next);
    oneStep(step, all.take_front(count), all.drop_front(count));
    return next;
  });
  results.resize(count);
  return results;
}

} // namespace mlir::attn
