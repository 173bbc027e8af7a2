//===- Bench.h - time of a kernel -------------------------------*- C++ -*-===//

#ifndef ATTN_TOOLS_RUN_BENCH_H
#define ATTN_TOOLS_RUN_BENCH_H

#include "tools/attn-run/Kernel.h"

namespace mlir::attn {

/// Runs the kernel for about a second and prints median and best time, useful FLOP/s (2 (Dk + Dv) for each visible pair) and
/// bytes/s (every tensor of the signature once).
LogicalResult benchmark(Kernel &kernel, func::FuncOp function, const Signature &signature, const Arguments &arguments,
                        MutableArrayRef<HostTensor> results);

} // namespace mlir::attn

#endif // ATTN_TOOLS_RUN_BENCH_H
