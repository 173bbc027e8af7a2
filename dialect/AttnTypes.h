//===- AttnTypes.h - types of the attn dialect ------------------*- C++ -*-===//

#ifndef ATTN_DIALECT_ATTNTYPES_H
#define ATTN_DIALECT_ATTNTYPES_H

#include "dialect/AttnAttrs.h"

#define GET_TYPEDEF_CLASSES
#include "dialect/AttnTypes.h.inc"

#endif // ATTN_DIALECT_ATTNTYPES_H
