//===- OrderTasks.cpp - lets tasks that share keys follow one another -----===//

#include "dialect/AttnOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "passes/Passes.h"

namespace mlir::attn {
#define GEN_PASS_DEF_ORDERTASKS
#include "passes/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;
using namespace mlir::attn;

/// Bytes of one head of all keys and values that the tasks read.
static Value buildHeadBytes(ImplicitLocOpBuilder &b, ParallelOp parallel) {
  SetVector<Value> sources;
  parallel.walk([&](KeyViewOp view) { sources.insert(view.getSource()); });
  Value bytes;
  for (Value source : sources) {
    auto type = cast<MemRefType>(source.getType());
    int64_t rowBytes = type.getDimSize(3) * type.getElementTypeBitWidth() / 8;
    Value rows = memref::DimOp::create(b, source, 2);
    Value all = arith::MulIOp::create(b, rows, arith::ConstantIndexOp::create(b, rowBytes));
    bytes = bytes ? Value(arith::AddIOp::create(b, bytes, all)) : all;
  }
  return bytes;
}

/// The size of the largest of as many sections as hold at least `least` points each, so that the last is not much smaller than the others.
static Value buildEqualSections(ImplicitLocOpBuilder &b, ParallelOp parallel, Value least) {
  Value one = arith::ConstantIndexOp::create(b, 1), points = one;
  for (Value count : parallel.getCounts().drop_back())
    points = arith::MulIOp::create(b, points, count);
  Value sections = arith::MaxUIOp::create(b, arith::DivUIOp::create(b, points, least), one);
  return arith::CeilDivUIOp::create(b, points, sections);
}

namespace {
struct OrderTasks : public attn::impl::OrderTasksBase<OrderTasks> {
  void runOnOperation() override {
    auto target = getOperation()->getAttrOfType<TargetAttrInterface>("attn.target");
    int64_t cacheBytes = target ? target.getSharedCacheBytes() : 0;
    if (!cacheBytes)
      return;
    getOperation().walk([&](ParallelOp parallel) {
      ImplicitLocOpBuilder b(parallel.getLoc(), parallel);
      if (parallel.getOrder() != TaskOrder::LongestFirst || parallel.getSection())
        return;
      Value bytes = buildHeadBytes(b, parallel);
      if (!bytes)
        return;
      Value one = arith::ConstantIndexOp::create(b, 1);
      Value heads = arith::DivUIOp::create(b, arith::ConstantIndexOp::create(b, cacheBytes), arith::MaxUIOp::create(b, bytes, one));
      int64_t least = target.getLeastSection();
      Value section = arith::MaxUIOp::create(b, heads, arith::ConstantIndexOp::create(b, least));
      parallel.getSectionMutable().assign(least > 1 ? buildEqualSections(b, parallel, section) : section);
    });
  }
};
} // namespace
