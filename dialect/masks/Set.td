//===- Set.td ----------------------------------------------*- tablegen -*-===//

include "dialect/masks/MaskBase.td"

def Attn_SetAttr : Attn_Mask<"Set", "set", [{
  return getSetFormula(*this, m);
}], "", "", ["getFormula", "collectSymbols"]> {
  let summary = "any integer set";
  let description = [{
    Visible: the points of an integer set over batch, query head, absolute query position and key position, written as quoted text. The
    constraints (`>=`, `<=`, `==`) must be affine, with constant positive divisors in `mod`, `floordiv` and `ceildiv`. Of the names in brackets, `Tq` and `Tk` are the
    lengths of the tensors, every other one is a run-time number bound by `symbols(...)` of the operation.

    Example:
    ```mlir
    #attn.set<"(b, h, i, j)[Tq, Tk, W] : (i - j >= 0, W - i + j >= 0)">
    ```
  }];
  let parameters = (ins "::mlir::StringAttr":$text, ArrayRefParameter<"::mlir::StringAttr">:$names, "::mlir::IntegerSet":$constraints);
  let hasCustomAssemblyFormat = 1;
}
