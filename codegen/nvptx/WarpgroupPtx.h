//===- WarpgroupPtx.h - instructions that NVVM lacks ------------*- C++ -*-===//
//
// The only PTX that is written as text. wgmma runs while its threads go on, and NVVM's operations neither take the first operand from registers
// nor say which registers are in flight. Here every instruction returns what it writes, so that nothing can read a result before the wait that
// returns it once more.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_CODEGEN_NVPTX_WARPGROUPPTX_H
#define ATTN_CODEGEN_NVPTX_WARPGROUPPTX_H

#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace mlir::attn {

/// Products of 64 x 16 and 16 x `columns` elements of `element` (bf16 or f16) on a warpgroup; results are f32.
struct WarpgroupProduct {
  Type element;
  int64_t columns;       // a multiple of 8, at most 256
  bool isRightTransposed; // whether the second operand's rows are its depth in memory
};

/// Adds a product to `accumulators` (columns / 2 f32), which become the returned ones; with none, starts from zero. `lhs`: a descriptor (i64) of
/// shared memory, or four i32 with two elements each. `rhs`: a descriptor.
SmallVector<Value> buildWarpgroupProduct(ImplicitLocOpBuilder &b, const WarpgroupProduct &product, ValueRange lhs, Value rhs,
                                         ValueRange accumulators);

/// Orders what was written to registers before products that read or add to them.
void orderRegisters(ImplicitLocOpBuilder &b);
/// Closes the group of products issued so far.
void commitProducts(ImplicitLocOpBuilder &b);
/// Waits until all groups but the last `pending` are done. `results` (f32) are what these groups computed: they become readable.
void waitForProducts(ImplicitLocOpBuilder &b, unsigned pending, SmallVectorImpl<Value> &results);

/// Arrives at a barrier (pointer to shared memory) where `predicate` (i1) holds. A branch instead would cost uniform registers in the whole loop.
void arriveIf(ImplicitLocOpBuilder &b, Value predicate, Value barrier);

} // namespace mlir::attn

#endif // ATTN_CODEGEN_NVPTX_WARPGROUPPTX_H
