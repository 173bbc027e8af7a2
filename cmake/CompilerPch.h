// The headers that every file of the compiler includes, parsed once per layer. Nothing may rely on it: each file includes what it uses.
#ifndef ATTN_COMPILER_PCH_H
#define ATTN_COMPILER_PCH_H

#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringRef.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/AffineExpr.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/Pass/Pass.h"

#endif // ATTN_COMPILER_PCH_H
