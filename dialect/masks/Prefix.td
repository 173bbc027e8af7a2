//===- Prefix.td -------------------------------------------*- tablegen -*-===//

include "dialect/masks/MaskBase.td"

def Attn_PrefixAttr : Attn_Mask<"Prefix", "prefix", [{
  return m.lt(m.key(), m.number(getLength()));
}], "::mlir::Attribute length", [{
  return verifyCount(emitError, "prefix length", length);
}]> {
  let summary = "keys of a prefix";
  let description = [{
    Visible: `j < P`. A prefix language model is `any_of<[causal, prefix<P>]>`.

    Example:
    ```mlir
    #attn.prefix<P>
    ```
  }];
  let parameters = (ins Attn_Number<"length of the prefix">:$length);
  let assemblyFormat = "`<` custom<Number>($length) `>`";
}
