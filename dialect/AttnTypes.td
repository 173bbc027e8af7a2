//===- AttnTypes.td - tiles, views and states --------------*- tablegen -*-===//

#ifndef ATTN_TYPES_TD
#define ATTN_TYPES_TD

include "dialect/AttnDialect.td"
include "dialect/AttnInterfaces.td"

def Attn_PartialType : Attn_Type<"Partial", "partial"> {
  let summary = "an attention result over a part of the keys, which can be merged";
  let description = [{
    Accumulator of shape [B, Hq, Tq, Dv] and the normaliser's statistics per row. Partial results over disjoint keys can be merged in any order.

    Example:
    ```mlir
    !attn.partial<#attn.softmax, ?x8x?x64>
    ```
  }];
  let parameters = (ins "::mlir::attn::NormalizerAttrInterface":$normalizer, ArrayRefParameter<"int64_t">:$shape);
  let assemblyFormat = "`<` $normalizer `,` custom<Shape>($shape) `>`";
}

def Attn_TileType : Attn_Type<"Tile", "tile"> {
  let summary = "a small dense array with named dimensions";
  let description = [{
    Names say what a dimension runs over: `i` rows (queries), `j` keys, `d` query/key features, `e` value features. A tile has no layout, no memory
    space and no order of parts.

    Example:
    ```mlir
    !attn.tile<[i: 128, d: 64] x bf16>
    ```
  }];
  let parameters = (ins ArrayRefParameter<"::mlir::StringAttr">:$names, ArrayRefParameter<"int64_t">:$sizes, "::mlir::Type":$elementType);
  let assemblyFormat = "`<` custom<NamedSizes>($names, $sizes) `x` $elementType `>`";
  let genVerifyDecl = 1;
  let extraClassDeclaration = [{
    /// Size of the dimension of this name, or -1 if there is none.
    int64_t getSize(::llvm::StringRef name) const;
  }];
}

def Attn_ViewType : Attn_Type<"View", "view"> {
  let summary = "rows of a tensor, seen as one long matrix";
  let description = [{
    A run-time number of rows (dimension `i` or `j`) of one batch and head or group of heads, and their features. A view carries its run-time
    extent; a load beyond it yields zeros.

    Example:
    ```mlir
    !attn.view<[j, d: 64] x bf16>
    !attn.view<[i] x f32>
    ```
  }];
  let parameters = (ins "::mlir::StringAttr":$rowName, OptionalParameter<"::mlir::StringAttr">:$featureName,
    DefaultValuedParameter<"int64_t", "1">:$features, "::mlir::Type":$elementType);
  let assemblyFormat = "`<` custom<ViewDims>($rowName, $featureName, $features) `x` $elementType `>`";
}

def Attn_StateType : Attn_Type<"State", "state"> {
  let summary = "running result of the rows of a tile";
  let description = [{
    Accumulator [rows, width] in f32 and the normaliser's statistics per row.

    Example:
    ```mlir
    !attn.state<#attn.softmax, 128 x 64>
    ```
  }];
  let parameters = (ins "::mlir::attn::NormalizerAttrInterface":$normalizer, "int64_t":$rows, "int64_t":$width);
  let assemblyFormat = "`<` $normalizer `,` $rows `x` $width `>`";
}

#endif // ATTN_TYPES_TD
