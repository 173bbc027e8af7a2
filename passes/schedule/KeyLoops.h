//===- KeyLoops.h - what a loop over key tiles works on ---------*- C++ -*-===//

#ifndef ATTN_PASSES_SCHEDULE_KEYLOOPS_H
#define ATTN_PASSES_SCHEDULE_KEYLOOPS_H

#include "dialect/AttnOps.h"

namespace mlir::attn {

/// The load of the query tile that the scores of a key loop come from; null where there is none.
LoadOp findRowLoad(ForKeysOp loop);

/// The attention of a key loop, as a target is asked about it: heads and score arithmetic do not matter to it any more. `rows` is what
/// findRowLoad returned.
AttentionShape getLoopShape(ForKeysOp loop, LoadOp rows);

} // namespace mlir::attn

#endif // ATTN_PASSES_SCHEDULE_KEYLOOPS_H
