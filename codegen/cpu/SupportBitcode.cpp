//===- SupportBitcode.cpp - C code that goes into kernels -----------------===//

#include "codegen/cpu/SupportBitcode.h"

// ATTN_SUPPORT_BITCODE, ATTN_DISPATCH_BITCODE and ATTN_GPU_BITCODE are the paths of the bitcode that the build made from BundleSupport.c,
// BundleDispatch.c and BundleGpu.c.
__asm__(".section .rodata\n"
        ".balign 16\n"
        "attn_support_bitcode_begin:\n"
        ".incbin \"" ATTN_SUPPORT_BITCODE "\"\n"
        "attn_support_bitcode_end:\n"
        ".balign 16\n"
        "attn_dispatch_bitcode_begin:\n"
        ".incbin \"" ATTN_DISPATCH_BITCODE "\"\n"
        "attn_dispatch_bitcode_end:\n"
        ".balign 16\n"
        "attn_gpu_bitcode_begin:\n"
        ".incbin \"" ATTN_GPU_BITCODE "\"\n"
        "attn_gpu_bitcode_end:\n"
        ".previous\n");

#define ATTN_HIDDEN __attribute__((visibility("hidden")))

extern "C" const char attn_support_bitcode_begin[] ATTN_HIDDEN;
extern "C" const char attn_support_bitcode_end[] ATTN_HIDDEN;
extern "C" const char attn_dispatch_bitcode_begin[] ATTN_HIDDEN;
extern "C" const char attn_dispatch_bitcode_end[] ATTN_HIDDEN;
extern "C" const char attn_gpu_bitcode_begin[] ATTN_HIDDEN;
extern "C" const char attn_gpu_bitcode_end[] ATTN_HIDDEN;

llvm::StringRef mlir::attn::getSupportBitcode() {
  return llvm::StringRef(attn_support_bitcode_begin, attn_support_bitcode_end - attn_support_bitcode_begin);
}

llvm::StringRef mlir::attn::getDispatchBitcode() {
  return llvm::StringRef(attn_dispatch_bitcode_begin, attn_dispatch_bitcode_end - attn_dispatch_bitcode_begin);
}

llvm::StringRef mlir::attn::getGpuBitcode() { return llvm::StringRef(attn_gpu_bitcode_begin, attn_gpu_bitcode_end - attn_gpu_bitcode_begin); }
