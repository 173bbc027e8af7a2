//===- KeySequence.cpp - the key tiles of a row tile, in order ------------===//

#include "codegen/nvptx/KeySequence.h"
#include "codegen/nvptx/RowFragments.h"
#include "codegen/nvptx/SharedTile.h"
#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace mlir::attn;

FailureOr<std::vector<KeySegment>> KeySegment::collect(ArrayRef<Operation *> operations) {
  std::vector<KeySegment> segments;
  for (Operation *op : operations) {
    auto loop = dyn_cast<ForKeysOp>(op);
    if (!loop)
      continue;
    auto panels = llvm::to_vector(loop.getBody().getOps<ForPanelsOp>());
    if (panels.size() != 1)
      return loop.emitOpError("expected one loop over panels in the loop over keys"), failure();
    FailureOr<TileWork> work = matchTileWork(panels.front().getBody().front());
    if (failed(work))
      return failure();
    auto bounds = loop.getLower().getDefiningOp<BoundsOp>();
    if (!bounds)
      return loop.emitOpError("expected a lower limit from 'attn.bounds'"), failure();
    if (segments.empty() || segments.back().first.getLower().getDefiningOp<BoundsOp>() != bounds) {
      segments.emplace_back();
      segments.back().first = loop;
    }
    KeySegment &segment = segments.back();
    segment.last = loop;
    if (work->restrict) {
      segment.guarded.push_back(loop);
      segment.guardedWork = *work;
    } else {
      segment.free = loop;
      segment.freeWork = *work;
    }
  }
  return segments;
}

void KeySegment::buildBounds(ImplicitLocOpBuilder &b) {
  Value zero = i32Constant(b, 0);
  guardedCount = zero;
  for (ForKeysOp loop : guarded) {
    lower.push_back(toI32(b, loop.getLower()));
    counts.push_back(arith::MaxSIOp::create(b, arith::SubIOp::create(b, toI32(b, loop.getUpper()), lower.back()), zero));
    guardedCount = arith::AddIOp::create(b, guardedCount, counts.back());
  }
  freeLower = free ? toI32(b, free.getLower()) : zero;
  freeUpper = free ? toI32(b, free.getUpper()) : zero;
}

Value KeySegment::buildHiddenCount(ImplicitLocOpBuilder &b, Value end) {
  Value zero = i32Constant(b, 0);
  if (guarded.empty())
    return zero;
  Value whole = arith::AddIOp::create(b, lower.back(), counts.back());
  return arith::MinSIOp::create(b, counts.back(), arith::MaxSIOp::create(b, arith::SubIOp::create(b, whole, end), zero));
}

Value KeySegment::buildGuardedTile(ImplicitLocOpBuilder &b, Value number) {
  // The loops are those of the lower and of the upper edge; the upper edge comes first.
  Value tile, before = i32Constant(b, 0);
  for (auto [start, count] : llvm::zip(llvm::reverse(lower), llvm::reverse(counts))) {
    Value inLoop = arith::SubIOp::create(b, number, before);
    // From the edge inwards at the upper one, so that what some rows do not see comes first.
    if (!tile)
      inLoop = arith::SubIOp::create(b, arith::SubIOp::create(b, count, i32Constant(b, 1)), inLoop);
    Value here = arith::AddIOp::create(b, start, inLoop);
    Value isBehind = arith::CmpIOp::create(b, arith::CmpIPredicate::sge, number, before);
    tile = tile ? Value(arith::SelectOp::create(b, isBehind, here, tile)) : here;
    before = arith::AddIOp::create(b, before, count);
  }
  return tile;
}
