//===- Report.h - an attention in words -------------------------*- C++ -*-===//

#ifndef ATTN_TOOLS_EXPLAIN_REPORT_H
#define ATTN_TOOLS_EXPLAIN_REPORT_H

#include "tools/attn-explain/GpuReport.h"

namespace mlir::attn {

/// Prints what one attention computes and how its mask falls into segments and tiles. `target` chooses the tiles and may be
/// null. Where it is the GPU `machine`, `family` are its kernels; else both are null.
void printReport(const Workload &work, TargetAttrInterface target, const GpuMachine *machine, const GpuFamily *family,
                 raw_ostream &stream);

} // namespace mlir::attn

#endif // ATTN_TOOLS_EXPLAIN_REPORT_H
