//===- GpuBundle.h - bundles for GPUs ---------------------------*- C++ -*-===//

#ifndef ATTN_TOOLS_COMPILE_GPUBUNDLE_H
#define ATTN_TOOLS_COMPILE_GPUBUNDLE_H

#include "codegen/GpuCompiler.h"
#include "tools/attn-compile/Manifest.h"

namespace mlir::attn {

/// Writes into `directory` NAME_gpu.o and NAME.so, which hold everything (the code for each target, the plans, the description), the launcher
/// NAME.c with its header NAME.h and the headers of the ABI, the manifest NAME.json, and NAME.TARGET.ptx and NAME.TARGET.cubin for people and
/// tools. Failure is reported.
LogicalResult writeGpuBundle(const Bundle &bundle, ArrayRef<CompiledGpuKernel> kernels, ArrayRef<AttentionFacts> facts, StringRef directory);

} // namespace mlir::attn

#endif // ATTN_TOOLS_COMPILE_GPUBUNDLE_H
