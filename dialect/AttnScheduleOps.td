//===- AttnScheduleOps.td - tiles cut to what a machine holds -*- tablegen -*-===//
//
// The schedule phase: the operations of the tile phase on sub-tiles, with the packed operands and the nest that the target wants.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_SCHEDULE_OPS_TD
#define ATTN_SCHEDULE_OPS_TD

include "dialect/AttnTileOps.td"

def Attn_PackOp : Attn_Op<"pack", [Pure]> {
  let summary = "tile of a view, in the form a matrix product reads";
  let description = [{
    Loads like `attn.load`, and may convert, transpose, interleave or copy, so that every panel that multiplies by the tile reads it in its best form.
    Where the tensor already has that form, nothing is copied.

    Example:
    ```mlir
    func.func @packed_keys(%kv: !attn.view<[j, d: 128] x bf16>, %J: index) -> !attn.tile<[j: 96, d: 128] x bf16> {
      %K = attn.pack %kv[%J] : !attn.view<[j, d: 128] x bf16> -> !attn.tile<[j: 96, d: 128] x bf16>
      return %K : !attn.tile<[j: 96, d: 128] x bf16>
    }
    ```
  }];
  let arguments = (ins Attn_ViewType:$view, Index:$tile);
  let results = (outs Attn_TileType:$result);
  let assemblyFormat = "$view `[` $tile `]` attr-dict `:` type($view) `->` type($result)";
}

def Attn_ForPanelsOp : Attn_Op<"for_panels", [SingleBlock, RecursiveMemoryEffects]> {
  let summary = "the same work for each panel of a row tile";
  let description = [{
    Cuts a state into panels of rows, runs its body for each panel that holds rows of the view, and puts the new states together again. The
    first body argument is the panel's number among all panels of the view, so that it can be used like a row tile of the panel's size.

    Example:
    ```mlir
    func.func @panels(%qv: !attn.view<[i, d: 64] x f32>, %I: index, %s: !attn.state<#attn.softmax, 384 x 64>) -> !attn.state<#attn.softmax, 384 x 64> {
      %t = attn.for_panels %p of %qv[%I] state(%u = %s)
        : !attn.view<[i, d: 64] x f32>, !attn.state<#attn.softmax, 384 x 64> -> !attn.state<#attn.softmax, 32 x 64> {
        attn.yield %u : !attn.state<#attn.softmax, 32 x 64>
      }
      return %t : !attn.state<#attn.softmax, 384 x 64>
    }
    ```
  }];
  let arguments = (ins Attn_ViewType:$rows, Index:$rowTile, Attn_StateType:$initial);
  let results = (outs Attn_StateType:$result);
  let regions = (region SizedRegion<1>:$body);
  let hasCustomAssemblyFormat = 1;
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    /// Rows of a panel.
    int64_t getPanelRows() { return ::llvm::cast<::mlir::attn::StateType>(getBody().getArgument(1).getType()).getRows(); }
  }];
}

def Attn_PanelOp : Attn_Op<"panel", [Pure]> {
  let summary = "panel of a packed row tile";
  let description = [{
    The part of a packed tile that belongs to panel `panel` of the view.

    Example:
    ```mlir
    func.func @queries_of_panel(%Q: !attn.tile<[i: 384, d: 64] x bf16>, %p: index) -> !attn.tile<[i: 32, d: 64] x bf16> {
      %Qp = attn.panel %Q[%p] : !attn.tile<[i: 384, d: 64] x bf16> -> !attn.tile<[i: 32, d: 64] x bf16>
      return %Qp : !attn.tile<[i: 32, d: 64] x bf16>
    }
    ```
  }];
  let arguments = (ins Attn_TileType:$tile, Index:$panel);
  let results = (outs Attn_TileType:$result);
  let assemblyFormat = "$tile `[` $panel `]` attr-dict `:` type($tile) `->` type($result)";
}

#endif // ATTN_SCHEDULE_OPS_TD
