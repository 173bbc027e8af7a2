//===- AttnOnlineOps.cpp - rules of the normalize phase -------------------===//

#include "dialect/AttnOps.h"

using namespace mlir;
using namespace mlir::attn;

int64_t OnlineAttentionOp::getGroup() {
  return cast<RankedTensorType>(getQuery().getType()).getDimSize(1) / cast<RankedTensorType>(getKey().getType()).getDimSize(1);
}

LogicalResult OnlineAttentionOp::verify() {
  for (Value operand : {getQuery(), getKey(), getValue()})
    if (cast<RankedTensorType>(operand.getType()).getRank() != 4)
      return emitOpError("expected [batch, head, sequence, dim] tensors of rank 4, but got ") << operand.getType();
  // Tq, Tk and the bound numbers are operands; the residue of the query view, the last symbol, is known to tiling alone.
  for (SegmentAttr segment : getSegments().getSegments())
    if (segment.getLower().getNumSymbols() != getNumbers().size() + 1)
      return emitOpError("expected segments over ") << getNumbers().size() + 1 << " symbols, but got " << AffineMapAttr::get(segment.getLower());
  return success();
}
