//===- TileScores.h - from products to scores -------------------*- C++ -*-===//

#ifndef ATTN_CODEGEN_NVPTX_TILESCORES_H
#define ATTN_CODEGEN_NVPTX_TILESCORES_H

#include "codegen/nvptx/RowFragments.h"

namespace mlir::attn {

/// What a loop over key tiles does to scores besides their products: numbers they start from, score arithmetic, a mask. What does not depend on the
/// tile is computed where this is made, before the loop.
class TileScores {
public:
  TileScores(RowFragments &fragments, const TileWork &work, QueryViewOp queries, ArrayRef<RowFragments::ThreadRow> rows);

  /// Begins the tile whose first key is `firstKey` (index).
  void begin(Value firstKey);
  bool startsFromZero() const { return !bias; }
  /// The numbers that block `block` of the tile's scores starts from.
  ResultFragment start(unsigned block) { return fragments.startScores(bias ? &*bias : nullptr, block); }
  /// Products of the tile that was begun become its scores.
  void finish(RowFragments::Scores &scores);

private:
  RowFragments &fragments;
  TileWork work;
  QueryViewOp queries;
  ArrayRef<RowFragments::ThreadRow> rows;
  std::optional<ScoreRegion> bias, map;
  RowFragments::RowGuards guards;
  Value firstKey;
};

} // namespace mlir::attn

#endif // ATTN_CODEGEN_NVPTX_TILESCORES_H
