//===- LaneTranspose.cpp - transposes and sums across lanes ---------------===//
//
// Each shuffle below is one instruction on AVX-512 and AVX2 (unpack, shuf32x4, perm2f128); a textbook exchange of halves would
// need two.
//
//===----------------------------------------------------------------------===//

#include "codegen/cpu/VectorEmission.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

namespace mlir::attn {

/// Within every group of four lanes: picks lanes of `a` and `b` by `pattern`, where 4 to 7 mean lanes 0 to 3 of `b`.
static Value shuffleInQuads(ImplicitLocOpBuilder &b, Value lhs, Value rhs, std::array<int, 4> pattern) {
  int64_t lanes = cast<VectorType>(lhs.getType()).getNumElements();
  SmallVector<int64_t> mask;
  for (int64_t quad = 0; quad < lanes; quad += 4)
    for (int lane : pattern)
      mask.push_back(lane < 4 ? quad + lane : lanes + quad + lane - 4);
  return vector::ShuffleOp::create(b, lhs, rhs, mask);
}

/// Half of the quads of `lhs`, then half of those of `rhs`: the even ones, or the odd ones.
static Value everyOtherQuad(ImplicitLocOpBuilder &b, Value lhs, Value rhs, bool odd) {
  int64_t lanes = cast<VectorType>(lhs.getType()).getNumElements();
  SmallVector<int64_t> mask;
  for (int64_t quad = odd ? 4 : 0; quad < 2 * lanes; quad += 8)
    for (int lane = 0; lane < 4; ++lane)
      mask.push_back(quad + lane);
  return vector::ShuffleOp::create(b, lhs, rhs, mask);
}

SmallVector<Value> transposeLanes(ImplicitLocOpBuilder &b, ArrayRef<Value> rows) {
  size_t lanes = rows.size();
  // 4x4 transposes within quads: quads[4i + c] holds, in its quad q, column 4q + c of rows 4i to 4i + 3.
  SmallVector<Value> quads;
  for (size_t i = 0; i < lanes; i += 4) {
    Value low01 = shuffleInQuads(b, rows[i], rows[i + 1], {0, 4, 1, 5});
    Value high01 = shuffleInQuads(b, rows[i], rows[i + 1], {2, 6, 3, 7});
    Value low23 = shuffleInQuads(b, rows[i + 2], rows[i + 3], {0, 4, 1, 5});
    Value high23 = shuffleInQuads(b, rows[i + 2], rows[i + 3], {2, 6, 3, 7});
    quads.push_back(shuffleInQuads(b, low01, low23, {0, 1, 4, 5}));
    quads.push_back(shuffleInQuads(b, low01, low23, {2, 3, 6, 7}));
    quads.push_back(shuffleInQuads(b, high01, high23, {0, 1, 4, 5}));
    quads.push_back(shuffleInQuads(b, high01, high23, {2, 3, 6, 7}));
  }
  // Then a transpose of the quads themselves, column by column.
  SmallVector<Value> columns(lanes);
  for (size_t c = 0; c < 4; ++c) {
    if (lanes == 4) {
      columns[c] = quads[c];
    } else if (lanes == 8) {
      columns[c] = everyOtherQuad(b, quads[c], quads[4 + c], false);
      columns[4 + c] = everyOtherQuad(b, quads[c], quads[4 + c], true);
    } else {
      Value even01 = everyOtherQuad(b, quads[c], quads[4 + c], false), odd01 = everyOtherQuad(b, quads[c], quads[4 + c], true);
      Value even23 = everyOtherQuad(b, quads[8 + c], quads[12 + c], false);
      Value odd23 = everyOtherQuad(b, quads[8 + c], quads[12 + c], true);
      columns[c] = everyOtherQuad(b, even01, even23, false);
      columns[4 + c] = everyOtherQuad(b, odd01, odd23, false);
      columns[8 + c] = everyOtherQuad(b, even01, even23, true);
      columns[12 + c] = everyOtherQuad(b, odd01, odd23, true);
    }
  }
  return columns;
}

Value sumLanes(ImplicitLocOpBuilder &b, ArrayRef<Value> rows) {
  // A transpose in which two vectors that meet are added at once, so each level halves the work: 15 additions and 30 shuffles
  // for 16 rows. Within quads first, so lane c of every quad is a partial sum of row 4i + c.
  auto add = [&](Value lhs, Value rhs) -> Value { return arith::AddFOp::create(b, lhs, rhs); };
  SmallVector<Value> level;
  for (size_t i = 0; i < rows.size(); i += 4) {
    Value sum01 =
        add(shuffleInQuads(b, rows[i], rows[i + 1], {0, 4, 1, 5}), shuffleInQuads(b, rows[i], rows[i + 1], {2, 6, 3, 7}));
    Value sum23 = add(shuffleInQuads(b, rows[i + 2], rows[i + 3], {0, 4, 1, 5}),
                      shuffleInQuads(b, rows[i + 2], rows[i + 3], {2, 6, 3, 7}));
    level.push_back(add(shuffleInQuads(b, sum01, sum23, {0, 1, 4, 5}), shuffleInQuads(b, sum01, sum23, {2, 3, 6, 7})));
  }
  while (level.size() > 1) {
    SmallVector<Value> next;
    for (size_t i = 0; i < level.size(); i += 2)
      next.push_back(add(everyOtherQuad(b, level[i], level[i + 1], false), everyOtherQuad(b, level[i], level[i + 1], true)));
    level = std::move(next);
  }
  return level.front();
}

} // namespace mlir::attn
