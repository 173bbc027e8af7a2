//===- Report.h - an attention in words -------------------------*- C++ -*-===//

#ifndef ATTN_TOOLS_EXPLAIN_REPORT_H
#define ATTN_TOOLS_EXPLAIN_REPORT_H

#include "tools/common/Workload.h"

namespace mlir::attn {

/// Prints what one attention computes and how its mask falls into segments and tiles. `target` chooses the tiles and may be
/// null.
void printReport(const Workload &work, TargetAttrInterface target, raw_ostream &stream);

} // namespace mlir::attn

#endif // ATTN_TOOLS_EXPLAIN_REPORT_H
