//===- GpuCompiler.h - from text to a GPU kernel ----------------*- C++ -*-===//

#ifndef ATTN_CODEGEN_GPUCOMPILER_H
#define ATTN_CODEGEN_GPUCOMPILER_H

#include "codegen/AssemblerReport.h"
#include "codegen/Compiler.h"

namespace mlir::attn {

/// How the driver makes a tensor map of an argument; see attn_gpu_map in runtime/attn_gpu_abi.h.
struct GpuTensorMap {
  int64_t argument = 0, group = 1, step = 1, phase = 0, boxRows = 0, boxColumns = 0;
};

/// One kernel of a family, as a launch needs it.
struct GpuStage {
  std::string name;   // of the member
  std::string symbol; // in the PTX
  int64_t number;     // in the plan; several kernels may do the work of one number
  int64_t alignment;  // bytes at multiples of which all rows of the operands must begin
  int64_t threads;    // of a block
  int64_t sharedBytes;
  int64_t persistent = 0; // blocks for each multiprocessor; 0: one block for each task
  bool isDependent = false; // whether it waits itself for the kernel before it
  std::vector<GpuTensorMap> maps = {};
  KernelResources resources = {}; // zeros where the assembler said nothing
};

/// A family for one GPU target. `plan` is an x86 object with the hidden function `planSymbol(const void *arguments, attn_plan *)`, which tells the
/// blocks of each stage. Where machine code could not be made and was not needed, `cubin` is empty.
struct CompiledGpuKernel {
  KernelIdentity identity;
  Signature signature;
  std::vector<GpuStage> stages;
  int64_t argumentBytes = 0;
  std::string ptx, cubin;
  ObjectBytes plan;
  std::string planSymbol;
};

/// Compiles `entry` for the GPU target of this name; see compileForCpu. Without an assembler for machine code it fails, unless it is for this
/// process: then PTX is enough, which the driver compiles, and machine code is made as fast as can be, though the bytes around the instructions may differ
/// from time to time. Fails with diagnostics; what the assembler warns of becomes warnings.
FailureOr<CompiledGpuKernel> compileForGpu(OwningOpRef<ModuleOp> module, func::FuncOp entry, StringRef target, StringRef text, StringRef name = {},
                                           bool isForThisProcess = false);

} // namespace mlir::attn

#endif // ATTN_CODEGEN_GPUCOMPILER_H
