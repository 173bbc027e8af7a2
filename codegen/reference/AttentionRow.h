//===- AttentionRow.h - one query row of attention --------------*- C++ -*-===//

#ifndef ATTN_CODEGEN_REFERENCE_ATTENTIONROW_H
#define ATTN_CODEGEN_REFERENCE_ATTENTIONROW_H

#include "codegen/reference/ScoreProgram.h"

#include <optional>

namespace mlir::attn::reference {

/// An attention with the values of its operands.
struct AttentionInputs {
  const Array &query, &key, &value;
  int64_t group;
  double scale;
  std::optional<MaskFormula> mask;
  /// Symbols of the mask: Tq, Tk and the bound numbers.
  SmallVector<int64_t> symbols;
  /// Keys of each batch row; null: all.
  const Array *lengths;
  /// Position of query row 0: one number, or one for each batch row.
  Array offset;
  ScoreProgram score;
  NormalizerAttrInterface normalizer;
  /// Type that the plain arithmetic rounds the operands of products to.
  FloatType inputType;
  FloatType outputType;
  /// See Options::draw.
  int64_t draw = 0;

  int64_t getPosition(int64_t b, int64_t row) const;
  bool isVisible(int64_t b, int64_t h, int64_t i, int64_t j) const;
};

/// The result of one query row.
struct RowOutput {
  /// Dv numbers.
  double *output;
  double lse;
  double rowMax;
};

/// The keys that row (b, h, row) sees, in order.
std::vector<int64_t> findVisibleKeys(const AttentionInputs &inputs, int64_t b, int64_t h, int64_t row);

/// Computes one row in float64 by the definition.
void computeRowExactly(const AttentionInputs &inputs, int64_t b, int64_t h, int64_t row, ScoreProgram::State &state,
                       RowOutput &result);

/// Computes one row by the plain algorithm: see Arithmetic::Plain.
void computeRowPlainly(const AttentionInputs &inputs, int64_t b, int64_t h, int64_t row, ScoreProgram::State &state,
                       RowOutput &result);

} // namespace mlir::attn::reference

#endif // ATTN_CODEGEN_REFERENCE_ATTENTIONROW_H
