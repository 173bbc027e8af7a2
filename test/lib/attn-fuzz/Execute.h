//===- Execute.h - one case, compiled and run -------------------*- C++ -*-===//

#ifndef ATTN_TEST_FUZZ_EXECUTE_H
#define ATTN_TEST_FUZZ_EXECUTE_H

#include "test/lib/attn-fuzz/Case.h"

namespace mlir::attn::fuzz {

/// Compiles a case, runs it at 1, 2 and 3 threads, and compares. Hands back what is wrong; empty if nothing.
std::string executeCase(const Case &test);

} // namespace mlir::attn::fuzz

#endif // ATTN_TEST_FUZZ_EXECUTE_H
