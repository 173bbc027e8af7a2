//===- Chunked.td ------------------------------------------*- tablegen -*-===//

include "dialect/masks/MaskBase.td"

def Attn_ChunkedAttr : Attn_Mask<"Chunked", "chunked", [{
  return m.eq(m.query().floorDiv(getSize()), m.key().floorDiv(getSize()));
}], "int64_t size", [{
  return verifyStep(emitError, "chunk size", size);
}]> {
  let summary = "keys of the query's own chunk";
  let description = [{
    Visible: `i floordiv size == j floordiv size`.

    Example:
    ```mlir
    #attn.chunked<8192>
    ```
  }];
  let parameters = (ins "int64_t":$size);
  let assemblyFormat = "`<` $size `>`";
}
