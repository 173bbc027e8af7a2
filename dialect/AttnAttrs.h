//===- AttnAttrs.h - attributes of the attn dialect -------------*- C++ -*-===//

#ifndef ATTN_DIALECT_ATTNATTRS_H
#define ATTN_DIALECT_ATTNATTRS_H

#include "dialect/MaskBuilder.h"
#include "dialect/Normalizer.h"
#include "dialect/Target.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/AffineMap.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "mlir/IR/IntegerSet.h"
#include "mlir/IR/OpImplementation.h"

#include "dialect/AttnInterfaces.h.inc"

#include "dialect/AttnEnums.h.inc"
#define GET_ATTRDEF_CLASSES
#include "dialect/AttnAttrs.h.inc"

#endif // ATTN_DIALECT_ATTNATTRS_H
