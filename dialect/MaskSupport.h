//===- MaskSupport.h - what mask attributes share ---------------*- C++ -*-===//
//
// Checks, parsers and walks that the attribute classes generated from dialect/masks/ call.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_DIALECT_MASKSUPPORT_H
#define ATTN_DIALECT_MASKSUPPORT_H

#include "dialect/AttnAttrs.h"

namespace mlir::attn {

using EmitError = function_ref<InFlightDiagnostic()>;

/// A count may be absent, a name, or a constant that is not negative.
LogicalResult verifyCount(EmitError emitError, StringRef what, Attribute count);
/// A divisor must be positive.
LogicalResult verifyStep(EmitError emitError, StringRef what, int64_t step);
/// A combination needs at least one mask.
LogicalResult verifyMasks(EmitError emitError, ArrayRef<MaskAttrInterface> masks);

SmallVector<MaskFormula> getFormulas(ArrayRef<MaskAttrInterface> masks, const MaskBuilder &m);
MaskFormula getSetFormula(SetAttr set, const MaskBuilder &m);

} // namespace mlir::attn

#endif // ATTN_DIALECT_MASKSUPPORT_H
