//===- TargetModels.h - the machines behind target attributes ---*- C++ -*-===//

#ifndef ATTN_CODEGEN_TARGETMODELS_H
#define ATTN_CODEGEN_TARGETMODELS_H

#include "mlir/IR/DialectRegistry.h"

namespace mlir::attn {

/// Attaches to `#attn.target` the implementation of its interface, which asks the machine the attribute names.
void registerTargetModels(DialectRegistry &registry);

} // namespace mlir::attn

#endif // ATTN_CODEGEN_TARGETMODELS_H
