//===- Npy.h - NumPy's array files ------------------------------*- C++ -*-===//

#ifndef ATTN_TOOLS_RUN_NPY_H
#define ATTN_TOOLS_RUN_NPY_H

#include "tools/attn-run/HostTensor.h"

namespace mlir::attn {

/// Reads a .npy file of f2, f4, f8, i4 or i8 in C order as a tensor of `type`, whose static sizes must agree. Floats are
/// rounded to the element type, to nearest even; integers must fit it. Prints an error that names `name` and the file, and
/// fails, for anything else.
FailureOr<HostTensor> readNpy(StringRef path, StringRef name, RankedTensorType type);

/// Writes tensors, f32 for floats of 16 bits, i4 and i8 for integers. A file appears under its name only when all of them are
/// complete; on an error, which is printed, none does.
LogicalResult writeNpyFiles(ArrayRef<std::string> paths, ArrayRef<const HostTensor *> tensors);

} // namespace mlir::attn

#endif // ATTN_TOOLS_RUN_NPY_H
