//===- AttnAttrs.td - attributes other than masks ----------*- tablegen -*-===//

#ifndef ATTN_ATTRS_TD
#define ATTN_ATTRS_TD

include "dialect/AttnDialect.td"
include "dialect/AttnInterfaces.td"
include "mlir/IR/EnumAttr.td"

def Attn_TargetAttr : Attn_Attr<"Target", "target"> {
  let summary = "the machine that code is generated for";
  let description = [{
    Names a machine, for example `x86-64-v3` or `x86-64-v4+avx512bf16`. It stands as `attn.target` on a function from the tile phase on.

    Example:
    ```mlir
    #attn.target<"x86-64-v4+avx512bf16">
    ```
  }];
  let parameters = (ins StringRefParameter<"name of the machine">:$name);
  let assemblyFormat = "`<` $name `>`";
}

def Attn_SegmentAttr : Attn_Attr<"Segment", "segment"> {
  let summary = "keys visible to each row, as one interval of a strided view of the keys";
  let description = [{
    Key `y` of the view is key `stride * y + phase`. Row `x` of the query view sees the keys y with `max(lower) <= y < min(upper)`, and none
    unless every expression of `when` is at least 0. The maps take (batch, query head, x) and the symbols [Tq, Tk, bound numbers..., residue of
    the query view]. The bounds leave out `0 <= j < Tk`: a view ends where its keys end. If there is a `predicate`, each pair is tested
    in addition. The segments of one mask are disjoint.

    Example:
    ```mlir
    #attn.segment<lower = (d0, d1, d2)[s0, s1, s2] -> (d2 - 4095), upper = (d0, d1, d2)[s0, s1, s2] -> (d2 + 1)>
    ```
  }];
  let parameters = (ins DefaultValuedParameter<"int64_t", "1">:$stride, OptionalParameter<"::mlir::AffineMap">:$phase,
    "::mlir::AffineMap":$lower, "::mlir::AffineMap":$upper, OptionalParameter<"::mlir::AffineMap">:$when,
    OptionalParameter<"::mlir::attn::MaskAttrInterface">:$predicate);
  let assemblyFormat = "`<` struct(params) `>`";
  let genVerifyDecl = 1;
}

def Attn_SegmentationAttr : Attn_Attr<"Segmentation", "segments"> {
  let summary = "the disjoint segments of a mask and the query view they share";
  let description = [{
    Row x of the query view has absolute position `row_stride * x + residue`; with a row stride of 1 the residue is 0.

    Example:
    ```mlir
    #attn.segments<row_stride = 1, [<lower = (d0, d1, d2)[s0, s1, s2] -> (), upper = (d0, d1, d2)[s0, s1, s2] -> (d2 + 1)>]>
    ```
  }];
  let parameters = (ins "int64_t":$rowStride, OptionalArrayRefParameter<"::mlir::attn::SegmentAttr">:$segments);
  let assemblyFormat = "`<` `row_stride` `=` $rowStride `,` `[` (`]`) : ($segments^ `]`)? `>`";
}

def Attn_WithTypeAttr : Attn_Attr<"WithType", "with_type"> {
  let summary = "an attribute and the type that was read behind it";
  let description = [{
    MLIR reads `: type` behind every attribute. In `attn.attention ... mask = #attn.causal : tensor<...>, ...` that colon begins the types of the
    operation, whose parser unwraps this attribute again; it never stays in the IR.

    Example:
    ```mlir
    #attn.with_type<#attn.causal, f32>
    ```
  }];
  let parameters = (ins "::mlir::Attribute":$attribute, "::mlir::Type":$type);
  let assemblyFormat = "`<` $attribute `,` $type `>`";
}

def Attn_ProductPrecision : I32EnumAttr<"ProductPrecision", "what the numbers of f32 operands are rounded to in products", [
    I32EnumAttrCase<"TF32", 0, "tf32">]> {
  let cppNamespace = "::mlir::attn";
  let genSpecializedAttr = 0;
}

def Attn_PrecisionAttr : EnumAttr<Attn_Dialect, Attn_ProductPrecision, "precision"> {
  let summary = "what the numbers of f32 operands may be rounded to in products";
  let description = [{
    `tf32`: to 11 bits, where a target's products take such numbers. Nothing is rounded unless a description says so; a target that multiplies f32 as
    it is may do so.

    Example:
    ```mlir
    #attn.precision<tf32>
    ```
  }];
  let assemblyFormat = "`<` $value `>`";
}

def Attn_TaskOrder : I32EnumAttr<"TaskOrder", "order in which the tasks of a parallel loop are handed out", [
    I32EnumAttrCase<"Any", 0, "any">, I32EnumAttrCase<"LongestFirst", 1, "longest_first">]> {
  let cppNamespace = "::mlir::attn";
  let genSpecializedAttr = 0;
}

def Attn_OrderAttr : EnumAttr<Attn_Dialect, Attn_TaskOrder, "order"> {
  let summary = "order in which the tasks of a parallel loop are handed out";
  let description = [{
    `any`, or `longest_first` where later row tiles take longer.

    Example:
    ```mlir
    #attn.order<longest_first>
    ```
  }];
  let assemblyFormat = "`<` $value `>`";
}

#endif // ATTN_ATTRS_TD
