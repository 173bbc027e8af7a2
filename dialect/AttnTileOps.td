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

    Example:
    ```mlir
    func.func @intermediate(%n: index) -> memref<?x64xf32> {
      %w = attn.workspace(%n) : memref<?x64xf32>
      return %w : memref<?x64xf32>
    }
    ```
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
    says what is worth handing out first; `longest_first` hands out the last index space points of the innermost dimension first. With `sections(%n)`
    that holds for `%n` points of the other dimensions at a time, whose tasks then find their data in a cache.

    Example:
    ```mlir
    func.func @tasks(%batches: index, %heads: index, %tiles: index, %many: i1) {
      attn.parallel "rows" (%b, %h, %I) = (%batches, %heads, %tiles) if %many order = longest_first sections(%heads) {
      }
      return
    }
    ```
  }];
  let arguments = (ins StrAttr:$name, Variadic<Index>:$counts, Optional<I1>:$condition, DefaultValuedAttr<Attn_OrderAttr, "TaskOrder::Any">:$order,
    Optional<Index>:$section);
  let builders = [OpBuilder<(ins "::llvm::StringRef":$name, "::mlir::ValueRange":$counts, "::mlir::Value":$condition, "::mlir::attn::TaskOrder":$order), [{
    build($_builder, $_state, name, counts, condition, order, ::mlir::Value());
  }]>];
  let regions = (region SizedRegion<1>:$body);
  let hasCustomAssemblyFormat = 1;
  let hasVerifier = 1;
}

def Attn_QueryViewOp : Attn_Op<"query_view", [Pure]> {
  let summary = "rows of the queries that one task works on";
  let description = [{
    Row r of the view is head `head * group + r mod group` of `batch` and sequence row `first + step * x`, where x = r floordiv group and x < count. Its
    absolute position is `step * (origin + x) + residue`. Packing the heads of a group into rows lets them share each loaded key tile.

    Example:
    ```mlir
    func.func @rows_of_a_group(%q: memref<?x32x?x128xbf16>, %b: index, %h: index, %n: index, %offset: index) -> !attn.view<[i, d: 128] x bf16> {
      %zero = arith.constant 0 : index
      %qv = attn.query_view %q[%b, %h] group = 4 step = 1 first(%zero) count(%n) origin(%offset) residue(%zero)
        : memref<?x32x?x128xbf16> -> !attn.view<[i, d: 128] x bf16>
      return %qv : !attn.view<[i, d: 128] x bf16>
    }
    ```
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

    Example:
    ```mlir
    func.func @every_64th_key(%k: memref<?x8x?x128xbf16>, %b: index, %h: index, %n: index) -> !attn.view<[j, d: 128] x bf16> {
      %phase = arith.constant 63 : index
      %kv = attn.key_view %k[%b, %h] step = 64 phase(%phase) count(%n) : memref<?x8x?x128xbf16> -> !attn.view<[j, d: 128] x bf16>
      return %kv : !attn.view<[j, d: 128] x bf16>
    }
    ```
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

    Example:
    ```mlir
    func.func @key_tile(%kv: !attn.view<[j, d: 128] x bf16>, %J: index) -> !attn.tile<[j: 96, d: 128] x bf16> {
      %K = attn.load %kv[%J] : !attn.view<[j, d: 128] x bf16> -> !attn.tile<[j: 96, d: 128] x bf16>
      return %K : !attn.tile<[j: 96, d: 128] x bf16>
    }
    ```
  }];
  let arguments = (ins Attn_ViewType:$view, Index:$tile);
  let results = (outs Attn_TileType:$result);
  let assemblyFormat = "$view `[` $tile `]` attr-dict `:` type($view) `->` type($result)";
  let hasVerifier = 1;
}

def Attn_InitOp : Attn_Op<"init", [Pure]> {
  let summary = "state of rows that have seen no key";
  let description = [{
    Accumulator 0 and the normaliser's initial statistics: what a row that has seen no key holds.

    Example:
    ```mlir
    func.func @nothing_seen() -> !attn.state<#attn.softmax, 384 x 64> {
      %s = attn.init : !attn.state<#attn.softmax, 384 x 64>
      return %s : !attn.state<#attn.softmax, 384 x 64>
    }
    ```
  }];
  let results = (outs Attn_StateType:$state);
  let assemblyFormat = "attr-dict `:` type($state)";
}

def Attn_BoundsOp : Attn_Op<"bounds", [Pure, AttrSizedOperandSegments]> {
  let summary = "key tiles that a row tile visits, and those that need no guard";
  let description = [{
    For the rows of a row tile: key tiles [lo, hi) hold every visible key of the segment, and tiles [ulo, uhi) are visible to every row in full;
    lo <= ulo <= uhi <= hi, ulo = uhi if no tile is free of guards. `numbers` are the values of the segment's symbols. A chunk (first and last
    key of the view, exclusive) clips all four.

    Example:
    ```mlir
    func.func @causal_tiles(%qv: !attn.view<[i, d: 64] x f32>, %kv: !attn.view<[j, d: 64] x f32>, %Tq: index, %Tk: index, %b: index, %h: index,
                            %r: index, %I: index) -> (index, index, index, index) {
      %lo, %ulo, %uhi, %hi = attn.bounds #attn.segment<lower = (d0, d1, d2)[s0, s1, s2] -> (), upper = (d0, d1, d2)[s0, s1, s2] -> (d2 + 1)>
        numbers(%Tq, %Tk, %r) at(%b, %h) rows(%qv[%I] by 384) keys(%kv by 96) : !attn.view<[i, d: 64] x f32>, !attn.view<[j, d: 64] x f32>
      return %lo, %ulo, %uhi, %hi : index, index, index, index
    }
    ```
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

    Example:
    ```mlir
    func.func @unguarded(%Q: !attn.tile<[i: 384, d: 64] x f32>, %kv: !attn.view<[j, d: 64] x f32>, %vv: !attn.view<[j, e: 64] x f32>,
                         %lo: index, %hi: index, %c: f32, %s0: !attn.state<#attn.softmax, 384 x 64>) -> !attn.state<#attn.softmax, 384 x 64> {
      %s1 = attn.for_keys %J = %lo to %hi state(%s = %s0) : !attn.state<#attn.softmax, 384 x 64> {
        %K = attn.load %kv[%J] : !attn.view<[j, d: 64] x f32> -> !attn.tile<[j: 96, d: 64] x f32>
        %S = attn.contract %Q, %K over "d" : !attn.tile<[i: 384, d: 64] x f32>, !attn.tile<[j: 96, d: 64] x f32> -> !attn.tile<[i: 384, j: 96] x f32>
        %t, %P, %alpha = attn.step %s, %S exponent(%c) : !attn.state<#attn.softmax, 384 x 64>, !attn.tile<[i: 384, j: 96] x f32>
          -> !attn.tile<[i: 384, j: 96] x f32>, !attn.tile<[i: 384] x f32>
        %V = attn.load %vv[%J] : !attn.view<[j, e: 64] x f32> -> !attn.tile<[j: 96, e: 64] x f32>
        %PV = attn.contract %P, %V over "j" : !attn.tile<[i: 384, j: 96] x f32>, !attn.tile<[j: 96, e: 64] x f32> -> !attn.tile<[i: 384, e: 64] x f32>
        %u = attn.accumulate %t, %alpha, %PV : !attn.state<#attn.softmax, 384 x 64>, !attn.tile<[i: 384] x f32>, !attn.tile<[i: 384, e: 64] x f32>
        attn.yield %u : !attn.state<#attn.softmax, 384 x 64>
      }
      return %s1 : !attn.state<#attn.softmax, 384 x 64>
    }
    ```
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
    Sums products over the named dimension, in f32. With `init` the sum starts from that tile instead of zeros. With `precision`, numbers of f32 may be
    rounded before they are multiplied.

    Example:
    ```mlir
    func.func @scores(%Q: !attn.tile<[i: 384, d: 64] x bf16>, %K: !attn.tile<[j: 96, d: 64] x bf16>) -> !attn.tile<[i: 384, j: 96] x f32> {
      %S = attn.contract %Q, %K over "d"
        : !attn.tile<[i: 384, d: 64] x bf16>, !attn.tile<[j: 96, d: 64] x bf16> -> !attn.tile<[i: 384, j: 96] x f32>
      return %S : !attn.tile<[i: 384, j: 96] x f32>
    }
    ```
  }];
  let arguments = (ins Attn_TileType:$lhs, Attn_TileType:$rhs, StrAttr:$over, Optional<Attn_TileType>:$init,
    OptionalAttr<Attn_PrecisionAttr>:$precision);
  let results = (outs Attn_TileType:$result);
  let assemblyFormat = [{
    $lhs `,` $rhs `over` $over (`init` `(` $init^ `:` type($init) `)`)? attr-dict `:` type($lhs) `,` type($rhs) `->` type($result)
  }];
  let builders = [OpBuilder<(ins "::mlir::Type":$result, "::mlir::Value":$lhs, "::mlir::Value":$rhs, "::llvm::StringRef":$over,
                                 CArg<"::mlir::attn::ProductPrecisionAttr", "{}">:$precision), [{
    build($_builder, $_state, result, lhs, rhs, $_builder.getStringAttr(over), ::mlir::Value(), precision);
  }]>];
  let hasVerifier = 1;
}

def Attn_BiasOp : Attn_Op<"bias", [SingleBlock, RecursiveMemoryEffects]> {
  let summary = "tile of numbers that positions decide";
  let description = [{
    The region computes a number from (batch, query head, query position, key position): what is added to scores, where it comes before the product.

    Example:
    ```mlir
    func.func @distance(%qv: !attn.view<[i, d: 64] x f32>, %kv: !attn.view<[j, d: 64] x f32>, %b: index, %h: index, %I: index, %J: index)
        -> !attn.tile<[i: 384, j: 96] x f32> {
      %B = attn.bias at(%b, %h) rows(%qv[%I]) keys(%kv[%J])
        : !attn.view<[i, d: 64] x f32>, !attn.view<[j, d: 64] x f32> -> !attn.tile<[i: 384, j: 96] x f32> {
        ^bb0(%batch: index, %head: index, %i: index, %j: index):
          %d = arith.subi %j, %i : index
          %n = arith.index_cast %d : index to i32
          %x = arith.sitofp %n : i32 to f32
          attn.yield %x : f32
      }
      return %B : !attn.tile<[i: 384, j: 96] x f32>
    }
    ```
  }];
  let arguments = (ins Index:$batch, Index:$head, Attn_ViewType:$rows, Index:$rowTile, Attn_ViewType:$keys, Index:$keyTile);
  let results = (outs Attn_TileType:$result);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = [{
    `at` `(` $batch `,` $head `)` `rows` `(` $rows `[` $rowTile `]` `)` `keys` `(` $keys `[` $keyTile `]` `)` attr-dict
    `:` type($rows) `,` type($keys) `->` type($result) $body
  }];
}

def Attn_MapOp : Attn_Op<"map", [SingleBlock, RecursiveMemoryEffects]> {
  let summary = "arithmetic on each score of a tile";
  let description = [{
    The region computes a new score from (score, batch, query head, query position, key position).

    Example:
    ```mlir
    func.func @halve(%S: !attn.tile<[i: 384, j: 96] x f32>, %qv: !attn.view<[i, d: 64] x f32>, %kv: !attn.view<[j, d: 64] x f32>, %b: index,
                     %h: index, %I: index, %J: index) -> !attn.tile<[i: 384, j: 96] x f32> {
      %T = attn.map %S at(%b, %h) rows(%qv[%I]) keys(%kv[%J])
        : !attn.tile<[i: 384, j: 96] x f32>, !attn.view<[i, d: 64] x f32>, !attn.view<[j, d: 64] x f32> -> !attn.tile<[i: 384, j: 96] x f32> {
        ^bb0(%s: f32, %batch: index, %head: index, %i: index, %j: index):
          %half = arith.constant 0.5 : f32
          %y = arith.mulf %s, %half : f32
          attn.yield %y : f32
      }
      return %T : !attn.tile<[i: 384, j: 96] x f32>
    }
    ```
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

    Example:
    ```mlir
    func.func @causal_guard(%S: !attn.tile<[i: 384, j: 96] x f32>, %qv: !attn.view<[i, d: 64] x f32>, %kv: !attn.view<[j, d: 64] x f32>, %b: index,
                            %h: index, %I: index, %J: index, %Tq: index, %Tk: index, %r: index) -> !attn.tile<[i: 384, j: 96] x f32> {
      %T = attn.restrict %S to #attn.segment<lower = (d0, d1, d2)[s0, s1, s2] -> (), upper = (d0, d1, d2)[s0, s1, s2] -> (d2 + 1)>
        numbers(%Tq, %Tk, %r) at(%b, %h) rows(%qv[%I]) keys(%kv[%J])
        : !attn.tile<[i: 384, j: 96] x f32>, !attn.view<[i, d: 64] x f32>, !attn.view<[j, d: 64] x f32> -> !attn.tile<[i: 384, j: 96] x f32>
      return %T : !attn.tile<[i: 384, j: 96] x f32>
    }
    ```
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

    Example:
    ```mlir
    func.func @weights(%s: !attn.state<#attn.softmax, 384 x 64>, %T: !attn.tile<[i: 384, j: 96] x f32>, %c: f32) -> !attn.tile<[i: 384, j: 96] x bf16> {
      %t, %P, %alpha = attn.step %s, %T exponent(%c) : !attn.state<#attn.softmax, 384 x 64>, !attn.tile<[i: 384, j: 96] x f32>
        -> !attn.tile<[i: 384, j: 96] x bf16>, !attn.tile<[i: 384] x f32>
      return %P : !attn.tile<[i: 384, j: 96] x bf16>
    }
    ```
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

    Example:
    ```mlir
    func.func @add_values(%t: !attn.state<#attn.softmax, 384 x 64>, %alpha: !attn.tile<[i: 384] x f32>, %PV: !attn.tile<[i: 384, e: 64] x f32>)
        -> !attn.state<#attn.softmax, 384 x 64> {
      %u = attn.accumulate %t, %alpha, %PV : !attn.state<#attn.softmax, 384 x 64>, !attn.tile<[i: 384] x f32>, !attn.tile<[i: 384, e: 64] x f32>
      return %u : !attn.state<#attn.softmax, 384 x 64>
    }
    ```
  }];
  let arguments = (ins Attn_StateType:$state, Attn_TileType:$rescale, Attn_TileType:$product);
  let results = (outs Attn_StateType:$result);
  let assemblyFormat = "$state `,` $rescale `,` $product attr-dict `:` type($state) `,` type($rescale) `,` type($product)";
}

def Attn_FinalizeRowsOp : Attn_Op<"finalize_rows", [Pure]> {
  let summary = "output, lse and row maximum of a state";
  let description = [{
    Divides by the row sums, as the normaliser says. A row that saw no key has output 0, lse -inf and row maximum -inf.

    Example:
    ```mlir
    func.func @finish(%s: !attn.state<#attn.softmax, 384 x 64>, %c: f32) -> !attn.tile<[i: 384, e: 64] x f32> {
      %O, %L, %M = attn.finalize_rows %s exponent(%c) : !attn.state<#attn.softmax, 384 x 64>
        -> !attn.tile<[i: 384, e: 64] x f32>, !attn.tile<[i: 384] x f32>, !attn.tile<[i: 384] x f32>
      return %O : !attn.tile<[i: 384, e: 64] x f32>
    }
    ```
  }];
  let arguments = (ins Attn_StateType:$state, F32:$exponent);
  let results = (outs Attn_TileType:$output, Attn_TileType:$lse, Attn_TileType:$rowMax);
  let assemblyFormat = "$state `exponent` `(` $exponent `)` attr-dict `:` type($state) `->` type($output) `,` type($lse) `,` type($rowMax)";
}

def Attn_StoreOp : Attn_Op<"store"> {
  let summary = "writes a tile to a view";
  let description = [{
    Rows beyond the view's extent are not written; values are rounded to the view's element type.

    Example:
    ```mlir
    func.func @write(%O: !attn.tile<[i: 384, e: 64] x f32>, %ov: !attn.view<[i, e: 64] x bf16>, %I: index) {
      attn.store %O, %ov[%I] : !attn.tile<[i: 384, e: 64] x f32>, !attn.view<[i, e: 64] x bf16>
      return
    }
    ```
  }];
  let arguments = (ins Attn_TileType:$tile, Arg<Attn_ViewType, "", [MemWrite]>:$view, Index:$index);
  let assemblyFormat = "$tile `,` $view `[` $index `]` attr-dict `:` type($tile) `,` type($view)";
}

def Attn_StorePartialOp : Attn_Op<"store_partial"> {
  let summary = "keeps a state for a later stage";
  let description = [{
    Writes accumulator and statistics of each row to slot `slot`, a row of `memory`, where `attn.reduce_partials` finds them. With `rows(%n)` each row
    has a row of `memory` of its own, from row `slot` on, and only the first `n` are kept: the accumulator, then, from a multiple of 16 numbers on, the
    statistics.

    Example:
    ```mlir
    func.func @keep(%s: !attn.state<#attn.softmax, 96 x 64>, %w: memref<?x6336xf32>, %slot: index) {
      attn.store_partial %s, %w[%slot] : !attn.state<#attn.softmax, 96 x 64>, memref<?x6336xf32>
      return
    }
    func.func @keep_rows(%s: !attn.state<#attn.softmax, 16 x 64>, %w: memref<?x68xf32>, %first: index, %n: index) {
      attn.store_partial %s, %w[%first] rows(%n) : !attn.state<#attn.softmax, 16 x 64>, memref<?x68xf32>
      return
    }
    ```
  }];
  let arguments = (ins Attn_StateType:$state, Arg<AnyMemRef, "", [MemWrite]>:$memory, Index:$slot, Optional<Index>:$rows);
  let assemblyFormat = "$state `,` $memory `[` $slot `]` (`rows` `(` $rows^ `)`)? attr-dict `:` type($state) `,` type($memory)";
}

def Attn_ReducePartialsOp : Attn_Op<"reduce_partials"> {
  let summary = "merges states that an earlier stage kept";
  let description = [{
    Merges the states of slots [first, first + count), in order. With `step(%n)` each row of a state has a row of `memory` of its own: row r of the
    k-th state is row `first + k * n + r`.

    Example:
    ```mlir
    func.func @combine(%w: memref<?x6336xf32>, %first: index, %count: index, %c: f32) -> !attn.state<#attn.softmax, 96 x 64> {
      %s = attn.reduce_partials %w[%first, %count] exponent(%c) : memref<?x6336xf32> -> !attn.state<#attn.softmax, 96 x 64>
      return %s : !attn.state<#attn.softmax, 96 x 64>
    }
    func.func @combine_a_row(%w: memref<?x68xf32>, %first: index, %count: index, %n: index, %c: f32) -> !attn.state<#attn.softmax, 1 x 64> {
      %s = attn.reduce_partials %w[%first, %count] step(%n) exponent(%c) : memref<?x68xf32> -> !attn.state<#attn.softmax, 1 x 64>
      return %s : !attn.state<#attn.softmax, 1 x 64>
    }
    ```
  }];
  let arguments = (ins Arg<AnyMemRef, "", [MemRead]>:$memory, Index:$first, Index:$count, Optional<Index>:$step, F32:$exponent);
  let results = (outs Attn_StateType:$state);
  let assemblyFormat = [{
    $memory `[` $first `,` $count `]` (`step` `(` $step^ `)`)? `exponent` `(` $exponent `)` attr-dict `:` type($memory) `->` type($state)
  }];
}

def Attn_LoadFinishedOp : Attn_Op<"load_finished", [Pure]> {
  let summary = "state of rows whose output and lse are known";
  let description = [{
    The inverse of `attn.finalize_rows`: the state under which rows of this output and lse would be finished.

    Example:
    ```mlir
    func.func @reopen_rows(%ov: !attn.view<[i, e: 64] x f32>, %lv: !attn.view<[i] x f32>, %I: index, %c: f32) -> !attn.state<#attn.softmax, 96 x 64> {
      %s = attn.load_finished %ov[%I], %lv exponent(%c) : !attn.view<[i, e: 64] x f32>, !attn.view<[i] x f32> -> !attn.state<#attn.softmax, 96 x 64>
      return %s : !attn.state<#attn.softmax, 96 x 64>
    }
    ```
  }];
  let arguments = (ins Attn_ViewType:$output, Index:$index, Attn_ViewType:$lse, F32:$exponent);
  let results = (outs Attn_StateType:$state);
  let assemblyFormat = "$output `[` $index `]` `,` $lse `exponent` `(` $exponent `)` attr-dict `:` type($output) `,` type($lse) `->` type($state)";
}

def Attn_MergeStatesOp : Attn_Op<"merge_states", [Pure, AllTypesMatch<["lhs", "rhs", "state"]>]> {
  let summary = "state over the union of two disjoint key sets";
  let description = [{
    The normaliser's merge, row by row; up to rounding the order of the sides does not matter.

    Example:
    ```mlir
    func.func @union(%a: !attn.state<#attn.softmax, 96 x 64>, %b: !attn.state<#attn.softmax, 96 x 64>, %c: f32) -> !attn.state<#attn.softmax, 96 x 64> {
      %s = attn.merge_states %a, %b exponent(%c) : !attn.state<#attn.softmax, 96 x 64>
      return %s : !attn.state<#attn.softmax, 96 x 64>
    }
    ```
  }];
  let arguments = (ins Attn_StateType:$lhs, Attn_StateType:$rhs, F32:$exponent);
  let results = (outs Attn_StateType:$state);
  let assemblyFormat = "$lhs `,` $rhs `exponent` `(` $exponent `)` attr-dict `:` type($state)";
}

#endif // ATTN_TILE_OPS_TD
