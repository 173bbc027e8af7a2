//===- Strided.td ------------------------------------------*- tablegen -*-===//

include "dialect/masks/MaskBase.td"

def Attn_StridedAttr : Attn_Mask<"Strided", "strided", [{
  return m.eq((m.query() - m.key()) % getStep(), m.constant(0));
}], "int64_t step", [{
  return verifyStep(emitError, "step", step);
}]> {
  let summary = "every step-th key, counted from the query";
  let description = [{
    Visible: `(i - j) mod step == 0`, in both directions; combine it with `causal` for the usual form.

    Example:
    ```mlir
    #attn.strided<64>
    ```
  }];
  let parameters = (ins "int64_t":$step);
  let assemblyFormat = "`<` $step `>`";
}
