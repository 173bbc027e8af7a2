//===- TileWork.h - what is done with one key tile --------------*- C++ -*-===//

#ifndef ATTN_CODEGEN_LOWER_TILEWORK_H
#define ATTN_CODEGEN_LOWER_TILEWORK_H

#include "dialect/AttnOps.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace mlir::attn {

/// The operations between a key tile and the new state, found from the yield of a loop's body. `bias` (what the scores start from),
/// `map` and `restrict` may be null.
struct TileWork {
  StepOp step;
  RestrictOp restrict;
  MapOp map;
  BiasOp bias;
  /// Operands of the products: rows, keys and values.
  Value rows, keys, values;
  KeyViewOp keyView;
  KeyViewOp valueView;
  Value keyTile;
  /// What the products' operands may be rounded to; null: nothing.
  ProductPrecisionAttr precision;
};

/// Fails with a diagnostic on the operation that holds `body` where its yield is not an accumulation of a step's weights.
FailureOr<TileWork> matchTileWork(Block &body);

/// Erases what is left of the tile phase in a stage once its work is lowered: views and tiles that have served.
void eraseTileOperations(func::FuncOp stage);

} // namespace mlir::attn

#endif // ATTN_CODEGEN_LOWER_TILEWORK_H
