//===- KeyStride.td ----------------------------------------*- tablegen -*-===//

include "dialect/masks/MaskBase.td"

def Attn_KeyStrideAttr : Attn_Mask<"KeyStride", "key_stride", [{
  return m.eq(m.key() % getStep(), m.constant(getOffset()));
}], "int64_t step, int64_t offset", [{
  if (failed(verifyStep(emitError, "step", step)))
    return failure();
  if (offset < 0 || offset >= step)
    return emitError() << "expected an offset from 0 to step - 1 = " << step - 1 << ", but got " << offset;
  return success();
}]> {
  let summary = "every step-th key, counted from the first";
  let description = [{
    Visible: `j mod step == offset`. The offset may be left out and is then 0.

    Example:
    ```mlir
    #attn.key_stride<64, 63>
    ```
  }];
  let parameters = (ins "int64_t":$step, DefaultValuedParameter<"int64_t", "0">:$offset);
  let assemblyFormat = "`<` $step (`,` $offset^)? `>`";
}
