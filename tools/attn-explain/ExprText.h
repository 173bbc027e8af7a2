//===- ExprText.h - affine expressions for people ---------------*- C++ -*-===//

#ifndef ATTN_TOOLS_EXPLAIN_EXPRTEXT_H
#define ATTN_TOOLS_EXPLAIN_EXPRTEXT_H

#include "mlir/IR/AffineExpr.h"

#include <string>

namespace mlir::attn {

/// Names of an expression's dimensions and symbols.
struct ExprNames {
  SmallVector<std::string> dims, symbols;
};

/// "i - W + 1" for an expression.
std::string printExpr(AffineExpr expr, const ExprNames &names);

} // namespace mlir::attn

#endif // ATTN_TOOLS_EXPLAIN_EXPRTEXT_H
