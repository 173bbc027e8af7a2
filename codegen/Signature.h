//===- Signature.h - what the arguments of a function are -------*- C++ -*-===//
//
// What a caller has to know of a description's function, told from how its operations use the arguments: names, sizes, valid
// values. Manifests, headers and attn-run's command line all use these names.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_CODEGEN_SIGNATURE_H
#define ATTN_CODEGEN_SIGNATURE_H

#include "codegen/ShapeSymbols.h"

namespace mlir::attn {

/// What a scalar argument must satisfy.
enum class ValueRule {
  Any,
  Positive,    ///< finite and above zero: a scale
  NotNegative, ///< a count, such as a window's or a prefix's
};

/// One argument or result.
struct Parameter {
  /// From its use: q, k, v, lengths, offset, scale, the name a mask's number is bound by, o, lse, row_max; a merge's partial
  /// results are o1, lse1, o2, lse2. Else arg0, arg1, ... or result0, ... by position. A name that is taken gets a number: q1,
  /// q2, ...
  std::string name;
  /// A ranked tensor or a scalar.
  Type type;
  /// One for each dimension; none for scalars.
  SmallVector<Extent> extents;
  /// The elements of an integer tensor lie between 0 and each of these; none: any value.
  SmallVector<Extent, 1> valueBounds;
  ValueRule rule = ValueRule::Any;
  /// A result that is the lse or row maximum of an attention or a merge: one number for each row.
  bool isRowStatistic = false;
};

/// The arguments and results of a function with the symbols of their sizes.
struct Signature {
  ShapeSymbols shapes;
  SmallVector<Parameter> arguments;
  SmallVector<Parameter> results;
};

/// Reads the signature of a specification-phase function. Fails where inferShapeSymbols does, and for arguments that are
/// neither ranked tensors nor scalars.
FailureOr<Signature> inferSignature(func::FuncOp function);

} // namespace mlir::attn

#endif // ATTN_CODEGEN_SIGNATURE_H
