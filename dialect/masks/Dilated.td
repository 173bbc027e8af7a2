//===- Dilated.td ------------------------------------------*- tablegen -*-===//

include "dialect/masks/MaskBase.td"

def Attn_DilatedAttr : Attn_Mask<"Dilated", "dilated", [{
  AffineExpr distance = m.query() - m.key();
  return m.all({m.ge(distance, m.constant(0)), m.le(distance, (m.number(getWindow()) - 1) * getStep()),
                m.eq(distance % getStep(), m.constant(0))});
}], "int64_t step, ::mlir::Attribute window", [{
  return success(succeeded(verifyStep(emitError, "step", step)) && succeeded(verifyCount(emitError, "window", window)));
}]> {
  let summary = "a causal window with gaps";
  let description = [{
    Visible: `0 <= i - j <= step * (window - 1)` and `(i - j) mod step == 0`: `window` keys, `step` apart.

    Example:
    ```mlir
    #attn.dilated<4, 128>
    ```
  }];
  let parameters = (ins "int64_t":$step, Attn_Number<"number of keys">:$window);
  let assemblyFormat = "`<` $step `,` custom<Number>($window) `>`";
}
