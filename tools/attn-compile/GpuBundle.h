//===- GpuBundle.h - bundles for GPUs ---------------------------*- C++ -*-===//

#ifndef ATTN_TOOLS_COMPILE_GPUBUNDLE_H
#define ATTN_TOOLS_COMPILE_GPUBUNDLE_H

#include "codegen/GpuCompiler.h"
#include "tools/attn-compile/Manifest.h"

namespace mlir::attn {

/// Writes NAME.TARGET.ptx and NAME.TARGET.cubin for each kernel, NAME.so, which holds the plan (how many blocks each kernel has, from the sizes),
/// the argument block's header and the manifest NAME.json into `directory`. Failure is reported.
LogicalResult writeGpuBundle(const Bundle &bundle, ArrayRef<CompiledGpuKernel> kernels, ArrayRef<AttentionFacts> facts, StringRef directory);

} // namespace mlir::attn

#endif // ATTN_TOOLS_COMPILE_GPUBUNDLE_H
