//===- Parallel.h - a loop on several threads -------------------*- C++ -*-===//

#ifndef ATTN_CODEGEN_REFERENCE_PARALLEL_H
#define ATTN_CODEGEN_REFERENCE_PARALLEL_H

#include "llvm/ADT/STLFunctionalExtras.h"

#include <cstdint>

namespace mlir::attn::reference {

/// Calls body(index) once for each index in [0, count), on `threads` threads, in no particular order.
void parallelFor(int64_t count, unsigned threads, llvm::function_ref<void(int64_t)> body);

} // namespace mlir::attn::reference

#endif // ATTN_CODEGEN_REFERENCE_PARALLEL_H
