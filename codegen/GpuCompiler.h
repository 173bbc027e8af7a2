//===- GpuCompiler.h - from text to a GPU kernel ----------------*- C++ -*-===//

#ifndef ATTN_CODEGEN_GPUCOMPILER_H
#define ATTN_CODEGEN_GPUCOMPILER_H

#include "codegen/Compiler.h"

namespace mlir::attn {

/// One kernel of a family, as a launch needs it.
struct GpuStage {
  std::string name;   // of the member
  std::string symbol; // in the PTX
  int64_t number;     // in the plan; several kernels may do the work of one number
  int64_t alignment;  // bytes at multiples of which all rows of the operands must begin
  int64_t threads;    // of a block
  int64_t sharedBytes;
  int64_t persistent; // blocks for each multiprocessor that take tasks one after the other; 0: a block for each task
  /// Tensor maps: argument, group, step, phase, rows and columns of a box. See runtime/attn_gpu_abi.h.
  std::vector<std::array<int64_t, 6>> maps;
};

/// A family for one GPU target. `plan` is an x86 object that exports `NAME_plan(const void *arguments, attn_plan *)`: the blocks of each stage.
struct CompiledGpuKernel {
  KernelIdentity identity;
  Signature signature;
  std::vector<GpuStage> stages;
  int64_t argumentBytes = 0;
  std::string ptx, cubin;
  /// What ptxas says of registers and spills.
  std::string report;
  ObjectBytes plan;
};

/// Compiles `entry` for the GPU target of this name; see compileForCpu. Fails with diagnostics.
FailureOr<CompiledGpuKernel> compileForGpu(OwningOpRef<ModuleOp> module, func::FuncOp entry, StringRef target, StringRef text, StringRef name = {});

} // namespace mlir::attn

#endif // ATTN_CODEGEN_GPUCOMPILER_H
