//===- Sinks.td --------------------------------------------*- tablegen -*-===//

include "dialect/masks/MaskBase.td"

def Attn_SinksAttr : Attn_Mask<"Sinks", "sinks", [{
  return m.lt(m.key(), m.number(getCount()));
}], "::mlir::Attribute count", [{
  return verifyCount(emitError, "number of sinks", count);
}]> {
  let summary = "the first keys, which collect attention";
  let description = [{
    Visible: `j < n`. StreamingLLM is `all_of<[causal, any_of<[window<left = W>, sinks<4>]>]>`.

    Example:
    ```mlir
    #attn.sinks<4>
    ```
  }];
  let parameters = (ins Attn_Number<"number of sink keys">:$count);
  let assemblyFormat = "`<` custom<Number>($count) `>`";
}
