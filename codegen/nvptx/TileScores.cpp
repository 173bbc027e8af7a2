//===- TileScores.cpp - from products to scores ---------------------------===//

#include "codegen/nvptx/TileScores.h"

using namespace mlir;
using namespace mlir::attn;

TileScores::TileScores(RowFragments &fragments, const TileWork &work, QueryViewOp queries, ArrayRef<RowFragments::ThreadRow> rows)
    : fragments(fragments), work(work), queries(queries), rows(rows) {
  if (this->work.bias)
    bias.emplace(fragments.prepareRegion(this->work.bias.getBody(), rows, queries.getBatch()));
  if (this->work.map)
    map.emplace(fragments.prepareRegion(this->work.map.getBody(), rows, queries.getBatch()));
  if (this->work.restrict)
    guards = fragments.getGuards(this->work.restrict, this->work.keyView, rows, queries);
}

void TileScores::begin(Value key) {
  firstKey = key;
  if (bias)
    fragments.beginTile(*bias, work.keyView, firstKey);
}

void TileScores::finish(RowFragments::Scores &scores) {
  if (map)
    fragments.applyMap(*map, work.keyView, firstKey, scores);
  if (work.restrict)
    fragments.applyRestrict(work.restrict, work.keyView, firstKey, rows, guards, queries, scores);
}
