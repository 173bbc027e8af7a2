//===- AbiHeader.cpp - C files inside the tool ----------------------------===//

#include "tools/attn-compile/AbiHeader.h"

// ATTN_RUNTIME is the path of the folder runtime.
#define ATTN_CARRY(name, file)                                                                                                                       \
  __asm__(".section .rodata\n" name "_begin:\n"                                                                                                      \
          ".incbin \"" ATTN_RUNTIME "/" file "\"\n" name "_end:\n"                                                                                   \
          ".previous\n")

ATTN_CARRY("attn_abi_header", "attn_abi.h");
ATTN_CARRY("attn_gpu_abi_header", "attn_gpu_abi.h");
ATTN_CARRY("attn_gpu_launch_header", "attn_gpu_launch.h");
ATTN_CARRY("attn_gpu_launcher", "gpu/BundleLauncher.c");

#define ATTN_CARRIED(name)                                                                                                                           \
  extern "C" const char name##_begin[] __attribute__((visibility("hidden")));                                                                        \
  extern "C" const char name##_end[] __attribute__((visibility("hidden")));

ATTN_CARRIED(attn_abi_header)
ATTN_CARRIED(attn_gpu_abi_header)
ATTN_CARRIED(attn_gpu_launch_header)
ATTN_CARRIED(attn_gpu_launcher)

static llvm::StringRef between(const char *begin, const char *end) { return llvm::StringRef(begin, end - begin); }

llvm::StringRef mlir::attn::getAbiHeader() { return between(attn_abi_header_begin, attn_abi_header_end); }

llvm::StringRef mlir::attn::getGpuAbiHeader() { return between(attn_gpu_abi_header_begin, attn_gpu_abi_header_end); }

llvm::StringRef mlir::attn::getGpuLaunchHeader() { return between(attn_gpu_launch_header_begin, attn_gpu_launch_header_end); }

llvm::StringRef mlir::attn::getGpuLauncher() { return between(attn_gpu_launcher_begin, attn_gpu_launcher_end); }
