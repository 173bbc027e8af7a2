//===- Compare.h - results against the interpreter --------------*- C++ -*-===//

#ifndef ATTN_TEST_FUZZ_COMPARE_H
#define ATTN_TEST_FUZZ_COMPARE_H

#include "codegen/reference/Array.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "test/lib/attn-fuzz/Buffer.h"

namespace mlir::attn::fuzz {

/// The value of an argument: a tensor, or a number.
struct ArgumentValue {
  std::optional<Buffer> tensor;
  double number = 0.0;
};

/// Compares the results of a run with the interpreter's by the error rule, and rows that see nothing exactly. Hands back what is wrong;
/// empty if nothing.
std::string compareResults(func::FuncOp function, const Case &test, const Run &run, const std::vector<ArgumentValue> &arguments,
                           const std::vector<Buffer> &results);

} // namespace mlir::attn::fuzz

#endif // ATTN_TEST_FUZZ_COMPARE_H
