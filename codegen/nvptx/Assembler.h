//===- Assembler.h - from PTX to machine code -------------------*- C++ -*-===//

#ifndef ATTN_CODEGEN_NVPTX_ASSEMBLER_H
#define ATTN_CODEGEN_NVPTX_ASSEMBLER_H

#include "codegen/nvptx/GpuMachine.h"
#include "llvm/Support/Error.h"

#include <string>

namespace mlir::attn {

/// What an assembler made of some PTX.
struct Assembled {
  std::string cubin;
  /// What it says of each kernel (registers, spills, warnings).
  std::string report;
};

/// Whether the kernels of a module are assembled at the same time. The instructions are the same, but not all bytes of the file.
enum class AssemblySpeed { Reproducible, Fast };

/// Assembles PTX for the machine by the program ptxas if there is one, else by the library nvJitLink. An assembler that is there and fails is an error.
llvm::Expected<Assembled> assemblePtx(llvm::StringRef ptx, const GpuMachine &machine, AssemblySpeed speed);

/// The program that ATTN_PTXAS names, or the first `ptxas` on the PATH. An empty name means none.
std::optional<std::string> findPtxas();
llvm::Expected<Assembled> assembleWithPtxas(llvm::StringRef program, llvm::StringRef ptx, const GpuMachine &machine, AssemblySpeed speed);
/// The library that ATTN_NVJITLINK names, or the one of CUDA 13 or 12 that the system finds.
llvm::Expected<Assembled> assembleWithNvJitLink(llvm::StringRef ptx, const GpuMachine &machine, AssemblySpeed speed);

} // namespace mlir::attn

#endif // ATTN_CODEGEN_NVPTX_ASSEMBLER_H
