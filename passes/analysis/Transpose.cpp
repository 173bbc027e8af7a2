//===- Transpose.cpp - the queries of a key -------------------------------===//

#include "passes/analysis/Transpose.h"

using namespace mlir;
using namespace mlir::attn;

MaskFormula mlir::attn::transpose(const MaskFormula &mask, unsigned numSymbols, MLIRContext *context) {
  AffineExpr keyRow = getAffineDimExpr(2, context), queryRow = getAffineDimExpr(3, context);
  AffineExpr dims[] = {getAffineDimExpr(0, context), getAffineDimExpr(1, context),
                       queryRow + getAffineSymbolExpr(numSymbols, context), keyRow};
  SmallVector<AffineExpr> symbols;
  for (unsigned position = 0; position < numSymbols; ++position)
    symbols.push_back(getAffineSymbolExpr(position, context));
  return mask.replace(dims, symbols);
}

Segmentation mlir::attn::computeTransposedSegments(const MaskFormula &mask, unsigned numSymbols, MLIRContext *context,
                                                   std::chrono::milliseconds budget) {
  SegmentDomain domain;
  domain.keyLength = MaskSymbol::QueryLength;
  domain.rowLength = MaskSymbol::KeyLength;
  return computeSegments(transpose(mask, numSymbols, context), numSymbols + 1, context, budget, domain);
}
