//===- Softmax.td ------------------------------------------*- tablegen -*-===//

include "dialect/AttnDialect.td"
include "dialect/AttnInterfaces.td"

def Attn_SoftmaxAttr : Attn_Attr<"Softmax", "softmax", [DeclareAttrInterfaceMethods<NormalizerAttrInterface, ["evaluateRowPlainly"]>]> {
  let summary = "weights that sum to one, from exponentials";
  let description = [{
    `p_j = exp(s_j) / sum_j' exp(s_j')`. Statistics per row: the largest score so far, and the sum of weights relative to it. A row without a
    visible key has output 0 and lse -inf.

    Example:
    ```mlir
    #attn.softmax
    ```
  }];
}
