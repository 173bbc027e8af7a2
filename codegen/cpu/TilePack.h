//===- TilePack.h - key and value tiles in the kernels' layout --*- C++ -*-===//
//
// A tile is packed once and used by every panel of a superblock. Packing widens what has no native product, interleaves values
// for bf16 pairs, fills missing rows with zeros (a weight of zero times a NaN beyond the end would be NaN), and gives rows a
// short stride: rows 4 KiB apart share cache sets and cost 25 % if read in place.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_CODEGEN_CPU_TILEPACK_H
#define ATTN_CODEGEN_CPU_TILEPACK_H

#include "codegen/cpu/MatrixAtom.h"

namespace mlir::attn {

/// Packed rows of `columns` elements: memref<keyTile x (columns rounded up to the pack factor) x operand type>.
MemRefType packedRowsType(const MatrixAtom &atom, int64_t columns, int64_t keyTile);
/// Packed values: as `packedRowsType` for f32; memref<keyTile / 2 x 2 * columns x bf16> for pairs.
MemRefType packedValuesType(const MatrixAtom &atom, int64_t columns, int64_t keyTile);

/// Adds `func.func private @name(source, packed, count, rows)`, which packs the rows of keys (or of f32 values).
///
/// - source: strided view [at least count][columns] x storage; packed: `packedRowsType`.
/// - rows [0, count) come from the source, rows [count, rows) become zeros; count <= rows <= keyTile.
func::FuncOp emitRowPack(ModuleOp module, llvm::StringRef name, const MatrixAtom &atom, Type storage, int64_t columns,
                         int64_t keyTile);

/// The same for values: `emitRowPack` for f32; for pairs the elements of two rows side by side. `rows` must be even for pairs.
func::FuncOp emitValuePack(ModuleOp module, llvm::StringRef name, const MatrixAtom &atom, Type storage, int64_t columns,
                           int64_t keyTile);

/// Emits a call of `pack` and returns the tile as the panel kernel takes it (strided view of operands). Where packing would
/// only copy, a view whose rows lie close and whose `rows` rows are all present is returned itself; this is decided at run
/// time. That is so for f32, and for pairs with `naturalRows`, which says that `pack` comes from `emitRowPack` with an even
/// number of columns.
Value emitTileView(ImplicitLocOpBuilder &b, func::FuncOp pack, Value source, Value packed, Value count, Value rows,
                   bool naturalRows = false);

} // namespace mlir::attn

#endif // ATTN_CODEGEN_CPU_TILEPACK_H
