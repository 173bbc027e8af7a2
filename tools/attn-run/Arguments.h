//===- Arguments.h - values for the arguments of a function -----*- C++ -*-===//

#ifndef ATTN_TOOLS_RUN_ARGUMENTS_H
#define ATTN_TOOLS_RUN_ARGUMENTS_H

#include "codegen/Signature.h"
#include "tools/attn-run/HostTensor.h"
#include "tools/attn-run/Options.h"

namespace mlir::attn {

/// The value of one argument: a tensor, or a number.
struct ArgumentValue {
  std::optional<HostTensor> tensor;
  double number = 0.0;
};

/// Values for all arguments of a function.
struct Arguments {
  /// One for each symbol of the signature.
  SmallVector<int64_t> sizes;
  std::vector<ArgumentValue> values;
};

/// Reads the tensors from the files of --inputs; scalars come from --set, and all must. Fails, with a printed error, where
/// files and signature do not agree.
FailureOr<Arguments> readArguments(const Signature &signature, const RunOptions &options);

/// Draws sizes that --shape does not give, tensors and scalars that --set does not give.
FailureOr<Arguments> drawArguments(const Signature &signature, const RunOptions &options);

/// Fills keys and values beyond the lengths with NaN. Fails where nothing has lengths.
LogicalResult poisonBeyondLengths(func::FuncOp function, Arguments &arguments);

/// Zeroed tensors for the results.
FailureOr<std::vector<HostTensor>> createResults(const Signature &signature, ArrayRef<int64_t> sizes);

// Shared by reading and drawing.

/// Takes a scalar's number from --set; fails if it breaks the argument's rule. None if --set does not have it.
FailureOr<std::optional<double>> findNumber(const Parameter &parameter, const RunOptions &options);
/// Fails where --set or --shape names something that the function does not have.
LogicalResult checkNames(const Signature &signature, const RunOptions &options);
/// Fails where key lengths are negative or above the number of keys.
LogicalResult checkBounds(const Parameter &parameter, const HostTensor &tensor, ArrayRef<int64_t> sizes);

} // namespace mlir::attn

#endif // ATTN_TOOLS_RUN_ARGUMENTS_H
