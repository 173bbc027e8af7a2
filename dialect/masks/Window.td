//===- Window.td -------------------------------------------*- tablegen -*-===//

include "dialect/masks/MaskBase.td"

def Attn_WindowAttr : Attn_Mask<"Window", "window", [{
  ::llvm::SmallVector<MaskFormula> sides;
  if (getLeft())
    sides.push_back(m.ge(m.key(), m.query() - m.number(getLeft())));
  if (getRight())
    sides.push_back(m.le(m.key(), m.query() + m.number(getRight())));
  return m.all(sides);
}], "::mlir::Attribute left, ::mlir::Attribute right", [{
  if (!left && !right)
    return emitError() << "expected a window with a left or a right side, but got neither";
  return success(succeeded(verifyCount(emitError, "left", left)) && succeeded(verifyCount(emitError, "right", right)));
}]> {
  let summary = "keys near the query";
  let description = [{
    Visible: `i - left <= j <= i + right`; an omitted side is unbounded. A causal window of W keys, the query's own among them, is
    `all_of<[causal, window<left = W - 1>]>`.

    Example:
    ```mlir
    #attn.window<left = 4095>
    ```
  }];
  let parameters = (ins Attn_OptionalNumber<"keys before the query">:$left, Attn_OptionalNumber<"keys after the query">:$right);
  let assemblyFormat = "`<` custom<WindowSides>($left, $right) `>`";
}
