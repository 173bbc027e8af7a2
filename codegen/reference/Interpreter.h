//===- Interpreter.h - what a description means -----------------*- C++ -*-===//
//
// The definition of the specification phase in executable form: obvious code that shares nothing with the lowering. It
// evaluates attn.attention and attn.merge with the func, arith, math and tensor operations around them.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_CODEGEN_REFERENCE_INTERPRETER_H
#define ATTN_CODEGEN_REFERENCE_INTERPRETER_H

#include "codegen/reference/Array.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace mlir::attn::reference {

/// How floats are computed.
enum class Arithmetic {
  /// In double throughout; no operation rounds to its type, arith.truncf neither.
  Exact,
  /// As a careful programmer would without tiles: products accumulated in f32 one after the other, softmax in f32 over whole
  /// rows, its
  /// weights rounded to the input type, the output accumulated in f32 and rounded once; every other operation rounds to its
  /// type.
  /// Its error is the yardstick for that of a kernel.
  Plain
};

struct Options {
  Arithmetic arithmetic = Arithmetic::Exact;
  /// A draw of the plain arithmetic's roundings: from which feature on (modulo their number) a score is added up, and, in 64ths of a binary order,
  /// how far weights are scaled down while they are rounded. Where few roundings decide the result, one draw is luck, and several tell how large an
  /// error is usual.
  int64_t draw = 0;
  /// Exact arithmetic, but each result of the function is rounded to its element type at the end.
  bool roundResults = false;
  /// Threads to use, at least 1.
  unsigned threads = 1;
  /// The query rows to compute; empty: all. Rows left out are NaN. An attention whose output feeds another attention or a call
  /// is computed in full.
  SmallVector<int64_t> rows;
};

/// Evaluates a function on values for its arguments. Fails, with an error at the place, where a value has another element type,
/// rank or size than its argument, where sizes of operands disagree, a run-time number breaks its rule, or an operation is not
/// known.
FailureOr<SmallVector<Array>> evaluate(func::FuncOp function, ArrayRef<Array> arguments, const Options &options = {});

} // namespace mlir::attn::reference

#endif // ATTN_CODEGEN_REFERENCE_INTERPRETER_H
