//===- Verify.h - comparison with the interpreter ---------------*- C++ -*-===//

#ifndef ATTN_TOOLS_RUN_VERIFY_H
#define ATTN_TOOLS_RUN_VERIFY_H

#include "tools/attn-run/Arguments.h"

namespace mlir::attn {

/// Compares results with the interpreter's by the error rule (codegen/Check.h), prints a line for each, and fails where one
/// does not hold. Where all rows would take long, a sample of query rows is compared, and the lines say so.
LogicalResult verifyResults(func::FuncOp function, const Signature &signature, const Arguments &arguments,
                            ArrayRef<HostTensor> results, unsigned threads, uint64_t seed);

} // namespace mlir::attn

#endif // ATTN_TOOLS_RUN_VERIFY_H
