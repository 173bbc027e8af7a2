//===- Combinators.td - set operations on masks ------------*- tablegen -*-===//

include "dialect/masks/MaskBase.td"

def Attn_AllOfAttr : Attn_Mask<"AllOf", "all_of", [{
  return MaskFormula::allOf(getFormulas(getMasks(), m));
}], "::llvm::ArrayRef<::mlir::attn::MaskAttrInterface> masks", [{
  return verifyMasks(emitError, masks);
}], ["getFormula", "collectSymbols"]> {
  let summary = "intersection of masks";
  let description = [{
    Visible: what every one of the masks shows.

    Example:
    ```mlir
    #attn.all_of<[#attn.causal, #attn.window<left = 4095>]>
    ```
  }];
  let parameters = (ins ArrayRefParameter<"::mlir::attn::MaskAttrInterface">:$masks);
  let assemblyFormat = "`<` custom<Masks>($masks) `>`";
}

def Attn_AnyOfAttr : Attn_Mask<"AnyOf", "any_of", [{
  return MaskFormula::anyOf(getFormulas(getMasks(), m));
}], "::llvm::ArrayRef<::mlir::attn::MaskAttrInterface> masks", [{
  return verifyMasks(emitError, masks);
}], ["getFormula", "collectSymbols"]> {
  let summary = "union of masks";
  let description = [{
    Visible: what at least one of the masks shows. A pair that several of them show counts once.

    Example:
    ```mlir
    #attn.any_of<[#attn.causal, #attn.prefix<1024>]>
    ```
  }];
  let parameters = (ins ArrayRefParameter<"::mlir::attn::MaskAttrInterface">:$masks);
  let assemblyFormat = "`<` custom<Masks>($masks) `>`";
}

def Attn_NotAttr : Attn_Mask<"Not", "not", [{
  return MaskFormula::negationOf(getMask().getFormula(m));
}], "", "", ["getFormula", "collectSymbols"]> {
  let summary = "complement of a mask";
  let description = [{
    Visible: what the mask hides.

    Example:
    ```mlir
    #attn.not<#attn.chunked<128>>
    ```
  }];
  let parameters = (ins "::mlir::attn::MaskAttrInterface":$mask);
  let assemblyFormat = "`<` $mask `>`";
}
