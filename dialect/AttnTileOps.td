//===- AttnTileOps.td - attention as loops over tiles ------*- tablegen -*-===//
//
// The tile phase: loops over row tiles and over the key tiles of each segment; no layout, no memory level, no machine. The schedule phase adds
// sub-tiles and packed operands (AttnScheduleOps.td).
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_TILE_OPS_TD
#define ATTN_TILE_OPS_TD

include "dialect/AttnOnlineOps.td"
include "mlir/IR/BuiltinTypes.td"

def Attn_AnyTileOrState : AnyTypeOf<[Attn_TileType, Attn_StateType]>;

def Attn_WorkspaceOp : Attn_Op<"workspace"> {
  let summary = "memory that the stages of a kernel share";
  let description = [{
    Holds intermediate tensors and partial results between the parallel loops of a function. The caller of the kernel provides the memory. The
    result type has an identity layout.

    Example: `%w = attn.workspace(%n) : memref<?x64xf32>`.
  }];
  let arguments = (ins Variadic<Index>:$sizes);
  let results = (outs AnyMemRef:$memory);
  let assemblyFormat = "`(` $sizes `)` attr-dict `:` type($memory)";
  let hasVerifier = 1;
}

def Attn_ParallelOp : Attn_Op<"parallel", [AttrSizedOperandSegments, SingleBlockImplicitTerminator<"YieldOp">, RecursiveMemoryEffects]> {
  let summary = "independent tasks, one stage of a kernel";
  let description = [{
    Runs its body for every point of the index space [0, counts), in any order and on any number of workers, if the condition holds. `order`
    says what is worth handing out first; `longest_first` hands out the last index space points of the innermost dimension first.

    Example: `attn.parallel "rows" (%b, %h, %I) = (%B, %Hk, %n) if %many order = longest_first { ... }`.
  }];
  let arguments = (ins StrAttr:$name, Variadic<Index>:$counts, Optional<I1>:$condition, DefaultValuedAttr<Attn_OrderAttr, "TaskOrder::Any">:$order);
  let regions = (region SizedRegion<1>:$body);
  let hasCustomAssemblyFormat = 1;
  let hasVerifier = 1;
}

def Attn_QueryViewOp : Attn_Op<"query_view", [Pure]> {
  let summary = "rows of the queries that one task works on";
  let description = [{
    Row r of the view is head `head * group + r mod group` of `batch` and sequence row `first + step * x`, where x = r floordiv group and x < count. Its
    absolute position is `step * (origin + x) + residue`. Packing the heads of a group into rows lets them share each loaded key tile.

    Example: `%qv = attn.query_view %q[%b, %h] group = 4 step = 1 first(%c0) count(%n) origin(%off) residue(%c0) : memref<?x32x?x128xbf16> -> !attn.view<[i, d: 128] x bf16>`.
  }];
  let arguments = (ins AnyMemRef:$source, Index:$batch, Index:$head, I64Attr:$group, I64Attr:$step, Index:$first, Index:$count,
    Index:$origin, Index:$residue);
  let results = (outs Attn_ViewType:$view);
  let assemblyFormat = [{
    $source `[` $batch `,` $head `]` `group` `=` $group `step` `=` $step `first` `(` $first `)` `count` `(` $count `)` `origin` `(` $origin `)`
    `residue` `(` $residue `)` attr-dict `:` type($source) `->` type($view)
  }];
}

def Attn_KeyViewOp : Attn_Op<"key_view", [Pure]> {
  let summary = "keys or values of one head, as a strided view";
  let description = [{
    Row y of the view is key `step * y + phase`; the view ends after `count` rows.

    Example: `%kv = attn.key_view %k[%b, %h] step = 64 phase(%c0) count(%n) : memref<?x8x?x128xbf16> -> !attn.view<[j, d: 128] x bf16>`.
  }];
  let arguments = (ins AnyMemRef:$source, Index:$batch, Index:$head, I64Attr:$step, Index:$phase, Index:$count);
  let results = (outs Attn_ViewType:$view);
  let assemblyFormat = [{
    $source `[` $batch `,` $head `]` `step` `=` $step `phase` `(` $phase `)` `count` `(` $count `)` attr-dict `:` type($source) `->` type($view)
  }];
}

def Attn_LoadOp : Attn_Op<"load", [Pure]> {
  let summary = "tile of a view";
  let description = [{
    Rows `tile * size` to `(tile + 1) * size - 1` of the view; rows beyond its extent are zeros.

    Example: `%K = attn.load %kv[%J] : !attn.view<[j, d: 128] x bf16> -> !attn.tile<[j: 96, d: 128] x bf16>`.
  }];
  let arguments = (ins Attn_ViewType:$view, Index:$tile);
  let results = (outs Attn_TileType:$result);
  let assemblyFormat = "$view `[` $tile `]` attr-dict `:` type($view) `->` type($result)";
  let hasVerifier = 1;
}

def Attn_InitOp : Attn_Op<"init", [Pure]> {
  let summary = "state of rows that have seen no key";
  let description = [{ Example: `%s = attn.init : !attn.state<#attn.softmax, 384 x 64>`. }];
  let results = (outs Attn_StateType:$state);
  let assemblyFormat = "attr-dict `:` type($state)";
}

def Attn_BoundsOp : Attn_Op<"bounds", [Pure, AttrSizedOperandSegments]> {
  let summary = "key tiles that a row tile visits, and those that need no guard";
  let description = [{
    For the rows of a row tile: key tiles [lo, hi) hold every visible key of the segment, and tiles [ulo, uhi) are visible to every row in full;
    lo <= ulo <= uhi <= hi, ulo = uhi if no tile is free of guards. `numbers` are the values of the segment's symbols. A chunk (first and last
    key of the view, exclusive) clips all four.

    Example: `%lo, %ulo, %uhi, %hi = attn.bounds #seg numbers(%Tq, %Tk, %r) at(%b, %h) rows(%qv[%I] by 384) keys(%kv by 96) : !attn.view<...>, !attn.view<...>`.
  }];
  let arguments = (ins Attn_SegmentAttr:$segment, Variadic<Index>:$numbers, Index:$batch, Index:$head, Attn_ViewType:$rows, Index:$rowTile,
    I64Attr:$rowTileSize, Attn_ViewType:$keys, I64Attr:$keyTileSize, Optional<Index>:$chunkBegin, Optional<Index>:$chunkEnd);
  let results = (outs Index:$lo, Index:$ulo, Index:$uhi, Index:$hi);
  let assemblyFormat = [{
    $segment `numbers` `(` $numbers `)` `at` `(` $batch `,` $head `)` `rows` `(` $rows `[` $rowTile `]` `by` $rowTileSize `)`
    `keys` `(` $keys `by` $keyTileSize `)` (`chunk` `(` $chunkBegin^ `,` $chunkEnd `)`)? attr-dict `:` type($rows) `,` type($keys)
  }];
}

def Attn_ForKeysOp : Attn_Op<"for_keys", [SingleBlock, RecursiveMemoryEffects]> {
  let summary = "loop over key tiles, in any order";
  let description = [{
    Threads a state through its body, once for each key tile in [lower, upper). The order is free, because a state can be merged: a schedule may
    reverse, split or pipeline the loop.

    Example: `%s1 = attn.for_keys %J = %lo to %hi state(%s = %s0) : !attn.state<#attn.softmax, 384 x 64> { ... attn.yield %t : ... }`.
  }];
  let arguments = (ins Index:$lower, Index:$upper, Attn_StateType:$initial);
  let results = (outs Attn_StateType:$result);
  let regions = (region SizedRegion<1>:$body);
  let hasCustomAssemblyFormat = 1;
  let hasVerifier = 1;
}

def Attn_ContractOp : Attn_Op<"contract", [Pure]> {
  let summary = "matrix product of two tiles over their common dimension";
  let description = [{
    Sums products over the named dimension, in f32.

    Example: `%S = attn.contract %Q, %K over "d" : !attn.tile<[i: 384, d: 64] x bf16>, !attn.tile<[j: 96, d: 64] x bf16> -> !attn.tile<[i: 384, j: 96] x f32>`.
  }];
  let arguments = (ins Attn_TileType:$lhs, Attn_TileType:$rhs, StrAttr:$over);
  let results = (outs Attn_TileType:$result);
  let assemblyFormat = "$lhs `,` $rhs `over` $over attr-dict `:` type($lhs) `,` type($rhs) `->` type($result)";
  let hasVerifier = 1;
}

def Attn_MapOp : Attn_Op<"map", [SingleBlock, RecursiveMemoryEffects]> {
  let summary = "arithmetic on each score of a tile";
  let description = [{
    The region computes a new score from (score, batch, query head, query position, key position).

    Example: `%T = attn.map %S at(%b, %h) rows(%qv[%I]) keys(%kv[%J]) : ... { ^bb0(%s: f32, %b: index, %h: index, %i: index, %j: index): ... }`.
  }];
  let arguments = (ins Attn_TileType:$scores, Index:$batch, Index:$head, Attn_ViewType:$rows, Index:$rowTile, Attn_ViewType:$keys, Index:$keyTile);
  let results = (outs Attn_TileType:$result);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = [{
    $scores `at` `(` $batch `,` $head `)` `rows` `(` $rows `[` $rowTile `]` `)` `keys` `(` $keys `[` $keyTile `]` `)` attr-dict
    `:` type($scores) `,` type($rows) `,` type($keys) `->` type($result) $body
  }];
}

def Attn_RestrictOp : Attn_Op<"restrict", [Pure]> {
  let summary = "hides the scores outside a segment";
  let description = [{
    A score becomes -inf where its key is outside the row's interval of the segment, beyond the view of the keys, or fails the segment's predicate.

    Example: `%T = attn.restrict %S to #seg numbers(%Tq, %Tk, %r) at(%b, %h) rows(%qv[%I]) keys(%kv[%J]) : ...`.
  }];
  let arguments = (ins Attn_TileType:$scores, Attn_SegmentAttr:$segment, Variadic<Index>:$numbers, Index:$batch, Index:$head,
    Attn_ViewType:$rows, Index:$rowTile, Attn_ViewType:$keys, Index:$keyTile);
  let results = (outs Attn_TileType:$result);
  let assemblyFormat = [{
    $scores `to` $segment `numbers` `(` $numbers `)` `at` `(` $batch `,` $head `)` `rows` `(` $rows `[` $rowTile `]` `)`
    `keys` `(` $keys `[` $keyTile `]` `)` attr-dict `:` type($scores) `,` type($rows) `,` type($keys) `->` type($result)
  }];
}

def Attn_StepOp : Attn_Op<"step", [Pure, AllTypesMatch<["state", "newState"]>]> {
  let summary = "weights of a tile of scores, and the new row statistics";
  let description = [{
    The normaliser's step. `rescale` is the factor by which the old accumulator must be multiplied.

    Example: `%t, %P, %alpha = attn.step %s, %T exponent(%c) : !attn.state<...>, !attn.tile<...> -> !attn.tile<...>, !attn.tile<[i: 384] x f32>`.
  }];
  let arguments = (ins Attn_StateType:$state, Attn_TileType:$scores, F32:$exponent);
  let results = (outs Attn_StateType:$newState, Attn_TileType:$weights, Attn_TileType:$rescale);
  let assemblyFormat = "$state `,` $scores `exponent` `(` $exponent `)` attr-dict `:` type($state) `,` type($scores) `->` type($weights) `,` type($rescale)";
  let builders = [OpBuilder<(ins "::mlir::Value":$state, "::mlir::Value":$scores, "::mlir::Value":$exponent, "::mlir::Type":$weightType)>];
  let hasVerifier = 1;
}

def Attn_AccumulateOp : Attn_Op<"accumulate", [Pure, AllTypesMatch<["state", "result"]>]> {
  let summary = "adds a tile's weighted values to the accumulator";
  let description = [{
    accumulator = rescale * accumulator + product.

    Example: `%u = attn.accumulate %t, %alpha, %PV : !attn.state<...>, !attn.tile<[i: 384] x f32>, !attn.tile<[i: 384, e: 64] x f32>`.
  }];
  let arguments = (ins Attn_StateType:$state, Attn_TileType:$rescale, Attn_TileType:$product);
  let results = (outs Attn_StateType:$result);
  let assemblyFormat = "$state `,` $rescale `,` $product attr-dict `:` type($state) `,` type($rescale) `,` type($product)";
}

def Attn_FinalizeRowsOp : Attn_Op<"finalize_rows", [Pure]> {
  let summary = "output, lse and row maximum of a state";
  let description = [{ Example: `%O, %L, %M = attn.finalize_rows %s exponent(%c) : !attn.state<...> -> !attn.tile<...>, !attn.tile<...>, !attn.tile<...>`. }];
  let arguments = (ins Attn_StateType:$state, F32:$exponent);
  let results = (outs Attn_TileType:$output, Attn_TileType:$lse, Attn_TileType:$rowMax);
  let assemblyFormat = "$state `exponent` `(` $exponent `)` attr-dict `:` type($state) `->` type($output) `,` type($lse) `,` type($rowMax)";
}

def Attn_StoreOp : Attn_Op<"store"> {
  let summary = "writes a tile to a view";
  let description = [{
    Rows beyond the view's extent are not written; values are rounded to the view's element type.

    Example: `attn.store %O, %ov[%I] : !attn.tile<[i: 384, e: 64] x f32>, !attn.view<[i, e: 64] x bf16>`.
  }];
  let arguments = (ins Attn_TileType:$tile, Arg<Attn_ViewType, "", [MemWrite]>:$view, Index:$index);
  let assemblyFormat = "$tile `,` $view `[` $index `]` attr-dict `:` type($tile) `,` type($view)";
}

def Attn_StorePartialOp : Attn_Op<"store_partial"> {
  let summary = "keeps a state for a later stage";
  let description = [{ Example: `attn.store_partial %s, %w[%slot] : !attn.state<...>, memref<?x?xf32>`. }];
  let arguments = (ins Attn_StateType:$state, Arg<AnyMemRef, "", [MemWrite]>:$memory, Index:$slot);
  let assemblyFormat = "$state `,` $memory `[` $slot `]` attr-dict `:` type($state) `,` type($memory)";
}

def Attn_ReducePartialsOp : Attn_Op<"reduce_partials"> {
  let summary = "merges states that an earlier stage kept";
  let description = [{
    Merges the states of slots [first, first + count), in order.

    Example: `%s = attn.reduce_partials %w[%first, %count] exponent(%c) : memref<?x?xf32> -> !attn.state<...>`.
  }];
  let arguments = (ins Arg<AnyMemRef, "", [MemRead]>:$memory, Index:$first, Index:$count, F32:$exponent);
  let results = (outs Attn_StateType:$state);
  let assemblyFormat = "$memory `[` $first `,` $count `]` `exponent` `(` $exponent `)` attr-dict `:` type($memory) `->` type($state)";
}

def Attn_LoadFinishedOp : Attn_Op<"load_finished", [Pure]> {
  let summary = "state of rows whose output and lse are known";
  let description = [{ Example: `%s = attn.load_finished %ov[%I], %lv exponent(%c) : !attn.view<...>, !attn.view<...> -> !attn.state<...>`. }];
  let arguments = (ins Attn_ViewType:$output, Index:$index, Attn_ViewType:$lse, F32:$exponent);
  let results = (outs Attn_StateType:$state);
  let assemblyFormat = "$output `[` $index `]` `,` $lse `exponent` `(` $exponent `)` attr-dict `:` type($output) `,` type($lse) `->` type($state)";
}

def Attn_MergeStatesOp : Attn_Op<"merge_states", [Pure, AllTypesMatch<["lhs", "rhs", "state"]>]> {
  let summary = "state over the union of two disjoint key sets";
  let description = [{ Example: `%s = attn.merge_states %a, %b exponent(%c) : !attn.state<#attn.softmax, 384 x 64>`. }];
  let arguments = (ins Attn_StateType:$lhs, Attn_StateType:$rhs, F32:$exponent);
  let results = (outs Attn_StateType:$state);
  let assemblyFormat = "$lhs `,` $rhs `exponent` `(` $exponent `)` attr-dict `:` type($state)";
}

#endif // ATTN_TILE_OPS_TD
