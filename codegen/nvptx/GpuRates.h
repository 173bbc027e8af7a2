//===- GpuRates.h - how fast an NVIDIA GPU is at what -----------*- C++ -*-===//

#ifndef ATTN_CODEGEN_NVPTX_GPURATES_H
#define ATTN_CODEGEN_NVPTX_GPURATES_H

#include "codegen/nvptx/GpuMachine.h"

namespace mlir::attn {

/// What a multiprocessor does in a cycle, and what the usual device of a target has: A100 for sm_80, H100 for sm_90a (both SXM). Only estimates use
/// these numbers; kernels run on any device of their target.
struct GpuRates {
  llvm::StringRef device;
  double warpProducts; // multiply-adds of 16-bit operands by mma.sync
  double products;     // the same by the fastest instruction: on Hopper wgmma, of which mma.sync reaches 63 %
  double arithmetic;   // operations on f32
  int64_t multiprocessors;
  double hertz;       // at which the products give the rate that the vendor states
  double memoryBytes; // a second

  /// Exponentials, logarithms and reciprocals; bytes that shared memory delivers.
  static constexpr double kExponentials = 16, kSharedBytes = 128;
  static constexpr int64_t kRegisters = 65536;
  /// Registers that a thread can have.
  static constexpr int64_t kMostRegisters = 255;
  /// Shared memory of each block that is not the kernel's.
  static constexpr int64_t kReservedBytes = 1 << 10;

  static GpuRates of(const GpuMachine &machine) {
    if (machine.hasWarpgroups)
      return {"H100", 0.63 * 2048, 2048, 128, 132, 1.83e9, 3.35e12};
    return {"A100", 1024, 1024, 64, 108, 1.41e9, 2.04e12};
  }
};

} // namespace mlir::attn

#endif // ATTN_CODEGEN_NVPTX_GPURATES_H
