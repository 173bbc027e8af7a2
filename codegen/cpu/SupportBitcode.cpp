//===- SupportBitcode.cpp - BundleSupport.c inside the compiler -----------===//

#include "codegen/cpu/SupportBitcode.h"

// ATTN_SUPPORT_BITCODE is the path of the bitcode that the build made from BundleSupport.c.
__asm__(".section .rodata\n"
        ".balign 16\n"
        "attn_support_bitcode_begin:\n"
        ".incbin \"" ATTN_SUPPORT_BITCODE "\"\n"
        "attn_support_bitcode_end:\n"
        ".previous\n");

extern "C" const char attn_support_bitcode_begin[] __attribute__((visibility("hidden")));
extern "C" const char attn_support_bitcode_end[] __attribute__((visibility("hidden")));

llvm::StringRef mlir::attn::getSupportBitcode() {
  return llvm::StringRef(attn_support_bitcode_begin, attn_support_bitcode_end - attn_support_bitcode_begin);
}
