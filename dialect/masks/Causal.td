//===- Causal.td -------------------------------------------*- tablegen -*-===//

include "dialect/masks/MaskBase.td"

def Attn_CausalAttr : Attn_Mask<"Causal", "causal", [{
  return m.le(m.key(), m.query());
}]> {
  let summary = "keys up to the query's own position";
  let description = [{
    Visible: `j <= i`. `i` is the absolute query position, so that queries are aligned with the end of the keys unless an offset is given.

    Example:
    ```mlir
    #attn.causal
    ```
  }];
}
