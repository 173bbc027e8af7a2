//===- VectorEmission.h - small pieces every CPU emitter needs --*- C++ -*-===//
//
// Constants, aligned and partial vector accesses, the maximum in the form that becomes one instruction, the lane transpose.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_CODEGEN_CPU_VECTOREMISSION_H
#define ATTN_CODEGEN_CPU_VECTOREMISSION_H

#include "codegen/cpu/CpuMachine.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/SmallVector.h"

namespace mlir::attn {

/// Alignment in bytes of all scratch memory. With 4 instead, kernels lose 5 %.
constexpr unsigned kScratchAlignment = 64;

inline int64_t roundUp(int64_t value, int64_t multiple) { return (value + multiple - 1) / multiple * multiple; }

VectorType vectorOf(unsigned lanes, Type element);
/// memref<rows x columns x element> in row-major order.
MemRefType denseMatrix(int64_t rows, int64_t columns, Type element);
/// memref<?x...x?xelement, strided<[?, ..., 1], offset: ?>>: what a view of a caller's tensor looks like.
MemRefType stridedView(unsigned rank, Type element);

Value indexConstant(ImplicitLocOpBuilder &b, int64_t value);
/// A constant f32, or a splat if `type` is a vector.
Value floatConstant(ImplicitLocOpBuilder &b, Type type, double value);
/// `value` itself if it already has `type`, else its broadcast.
Value splat(ImplicitLocOpBuilder &b, Type type, Value value);

Value addIndex(ImplicitLocOpBuilder &b, Value index, int64_t constant);
Value addIndex(ImplicitLocOpBuilder &b, Value lhs, Value rhs);

/// The larger one; a NaN in `candidate` is ignored. arith.maximumf would cost four instructions instead of one.
Value largerOf(ImplicitLocOpBuilder &b, Value candidate, Value current);

/// Full vectors of scratch memory, `kScratchAlignment` aligned if a vector is that long.
Value loadAligned(ImplicitLocOpBuilder &b, VectorType type, Value memref, ValueRange indices);
void storeAligned(ImplicitLocOpBuilder &b, Value vector, Value memref, ValueRange indices);
/// The `count` elements from `indices` on, and zeros up to `lanes`; reads nothing else. `count` is constant, so no mask is
/// needed.
Value loadPartial(ImplicitLocOpBuilder &b, Type element, unsigned count, unsigned lanes, Value memref, ValueRange indices);
/// The first `count` lanes; writes nothing else.
void storePartial(ImplicitLocOpBuilder &b, Value vector, unsigned count, Value memref, ValueRange indices);

/// Vectors of f32 from vectors of bf16 or f16 and back; the identity for f32.
Value widen(ImplicitLocOpBuilder &b, Value vector);
Value narrow(ImplicitLocOpBuilder &b, Value vector, Type element);

/// rows[i][l] becomes result[l][i]; as many rows as lanes, 4, 8 or 16 of 32 bits each.
SmallVector<Value> transposeLanes(ImplicitLocOpBuilder &b, ArrayRef<Value> rows);

/// The sums of the lanes of `rows`, as one vector; as many rows as lanes.
Value sumLanes(ImplicitLocOpBuilder &b, ArrayRef<Value> rows);

/// for (i = lower; i < upper; i += step) carrying `init`; `body` returns the next values.
SmallVector<Value> forLoop(ImplicitLocOpBuilder &b, Value lower, Value upper, int64_t step, ValueRange init,
                           llvm::function_ref<SmallVector<Value>(Value index, ValueRange carried)> body);
/// The same without carried values.
void forLoop(ImplicitLocOpBuilder &b, Value lower, Value upper, int64_t step, llvm::function_ref<void(Value index)> body);

/// A private function of `module` with an empty entry block; `b` is set to its start. Names are made unique by the caller.
func::FuncOp beginFunction(ImplicitLocOpBuilder &b, ModuleOp module, llvm::StringRef name, TypeRange arguments);

} // namespace mlir::attn

#endif // ATTN_CODEGEN_CPU_VECTOREMISSION_H
