//===- AbiHeader.cpp - attn_abi.h inside the tool -------------------------===//

#include "tools/attn-compile/AbiHeader.h"

// ATTN_ABI_HEADER is the path of runtime/attn_abi.h.
__asm__(".section .rodata\n"
        "attn_abi_header_begin:\n"
        ".incbin \"" ATTN_ABI_HEADER "\"\n"
        "attn_abi_header_end:\n"
        ".previous\n");

extern "C" const char attn_abi_header_begin[] __attribute__((visibility("hidden")));
extern "C" const char attn_abi_header_end[] __attribute__((visibility("hidden")));

llvm::StringRef mlir::attn::getAbiHeader() {
  return llvm::StringRef(attn_abi_header_begin, attn_abi_header_end - attn_abi_header_begin);
}
