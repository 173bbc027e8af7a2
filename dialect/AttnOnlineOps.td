//===- AttnOnlineOps.td - attention as a mergeable result --*- tablegen -*-===//
//
// The normalize phase: one canonical form of every description. Positions, groups and factors are explicit, masks are segments.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_ONLINE_OPS_TD
#define ATTN_ONLINE_OPS_TD

include "dialect/AttnOps.td"

def Attn_OnlineAttentionOp : Attn_Op<"online_attention", [AttrSizedOperandSegments, RecursiveMemoryEffects]> {
  let summary = "attention over segments of visible keys, as a partial result";
  let description = [{
    What `attn.attention` says, in canonical form: the mask is a list of disjoint segments; `exponent` turns a score into a base-2 exponent, so that
    `weight = exp2(exponent * score - shift)`, and holds the scale unless a score region multiplies by it; the offset
    is always there; `numbers` are the values of the segments' symbols: Tq, Tk and the bound numbers.

    Example:
    ```mlir
    func.func @causal(%q: tensor<2x4x16x64xf32>, %k: tensor<2x2x16x64xf32>) -> tensor<2x4x16x64xf32> {
      %c = arith.constant 0.180336878 : f32
      %zero = arith.constant 0 : index
      %n = arith.constant 16 : index
      %p = attn.online_attention %q, %k, %k exponent(%c) offset(%zero : index)
        segments = #attn.segments<row_stride = 1, [<lower = (d0, d1, d2)[s0, s1, s2] -> (), upper = (d0, d1, d2)[s0, s1, s2] -> (d2 + 1)>]> numbers(%n, %n)
        : tensor<2x4x16x64xf32>, tensor<2x2x16x64xf32>, tensor<2x2x16x64xf32> -> !attn.partial<#attn.softmax, 2x4x16x64>
      %o = attn.finalize %p exponent(%c) : !attn.partial<#attn.softmax, 2x4x16x64> -> tensor<2x4x16x64xf32>
      return %o : tensor<2x4x16x64xf32>
    }
    ```
  }];
  let arguments = (ins AnyRankedTensor:$query, AnyRankedTensor:$key, AnyRankedTensor:$value, F32:$exponent,
    Optional<AnyRankedTensor>:$lengths, Attn_ScalarOrVectorOffset:$offset, Variadic<Index>:$numbers,
    Attn_SegmentationAttr:$segments, OptionalAttr<Attn_PrecisionAttr>:$precision);
  let results = (outs Attn_PartialType:$partial);
  let regions = (region AnyRegion:$score);
  let assemblyFormat = [{
    $query `,` $key `,` $value `exponent` `(` $exponent `)` (`lengths` `(` $lengths^ `:` type($lengths) `)`)?
    `offset` `(` $offset `:` type($offset) `)` `segments` `=` $segments `numbers` `(` $numbers `)` (`score` $score^)?
    attr-dict `:` type($query) `,` type($key) `,` type($value) `->` type($partial)
  }];
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    /// Query heads that share a key/value head.
    int64_t getGroup();
  }];
}

def Attn_PartialOfOp : Attn_Op<"partial_of", [Pure]> {
  let summary = "a finished result, seen as a partial one";
  let description = [{
    From an output and its lse, the partial result that would be finished to them.

    Example:
    ```mlir
    func.func @reopen(%o: tensor<2x4x16x64xf32>, %lse: tensor<2x4x16xf32>) -> tensor<2x4x16x64xf32> {
      %c = arith.constant 1.44269504 : f32
      %p = attn.partial_of %o, %lse exponent(%c) : tensor<2x4x16x64xf32>, tensor<2x4x16xf32> -> !attn.partial<#attn.softmax, 2x4x16x64>
      %r = attn.finalize %p exponent(%c) : !attn.partial<#attn.softmax, 2x4x16x64> -> tensor<2x4x16x64xf32>
      return %r : tensor<2x4x16x64xf32>
    }
    ```
  }];
  let arguments = (ins AnyRankedTensor:$output, AnyRankedTensor:$lse, F32:$exponent);
  let results = (outs Attn_PartialType:$partial);
  let assemblyFormat = "$output `,` $lse `exponent` `(` $exponent `)` attr-dict `:` type($output) `,` type($lse) `->` type($partial)";
}

def Attn_MergePartialsOp : Attn_Op<"merge_partials", [Pure, AllTypesMatch<["lhs", "rhs", "partial"]>]> {
  let summary = "partial result over the union of two disjoint key sets";
  let description = [{
    The normaliser's merge, row by row: rescales both accumulators to a common shift, and adds them and the row sums.

    Example:
    ```mlir
    func.func @both(%o: tensor<2x4x16x64xf32>, %lse: tensor<2x4x16xf32>) -> tensor<2x4x16x64xf32> {
      %c = arith.constant 1.44269504 : f32
      %p = attn.partial_of %o, %lse exponent(%c) : tensor<2x4x16x64xf32>, tensor<2x4x16xf32> -> !attn.partial<#attn.softmax, 2x4x16x64>
      %m = attn.merge_partials %p, %p exponent(%c) : !attn.partial<#attn.softmax, 2x4x16x64>
      %r = attn.finalize %m exponent(%c) : !attn.partial<#attn.softmax, 2x4x16x64> -> tensor<2x4x16x64xf32>
      return %r : tensor<2x4x16x64xf32>
    }
    ```
  }];
  let arguments = (ins Attn_PartialType:$lhs, Attn_PartialType:$rhs, F32:$exponent);
  let results = (outs Attn_PartialType:$partial);
  let assemblyFormat = "$lhs `,` $rhs `exponent` `(` $exponent `)` attr-dict `:` type($partial)";
}

def Attn_FinalizeOp : Attn_Op<"finalize", [Pure, AttrSizedResultSegments]> {
  let summary = "output, lse and row maximum of a partial result";
  let description = [{
    Divides the accumulator by the row sum, as the normaliser says, and rounds to the output's type. `lse` and `row_max` are there on request.

    Example:
    ```mlir
    func.func @finish(%o: tensor<2x4x16x64xf32>, %lse: tensor<2x4x16xf32>) -> (tensor<2x4x16x64xbf16>, tensor<2x4x16xf32>) {
      %c = arith.constant 1.44269504 : f32
      %p = attn.partial_of %o, %lse exponent(%c) : tensor<2x4x16x64xf32>, tensor<2x4x16xf32> -> !attn.partial<#attn.softmax, 2x4x16x64>
      %r, %l = attn.finalize %p exponent(%c) : !attn.partial<#attn.softmax, 2x4x16x64> -> tensor<2x4x16x64xbf16>, lse : tensor<2x4x16xf32>
      return %r, %l : tensor<2x4x16x64xbf16>, tensor<2x4x16xf32>
    }
    ```
  }];
  let arguments = (ins Attn_PartialType:$partial, F32:$exponent);
  let results = (outs AnyRankedTensor:$output, Optional<AnyRankedTensor>:$lse, Optional<AnyRankedTensor>:$row_max);
  let assemblyFormat = [{
    $partial `exponent` `(` $exponent `)` attr-dict `:` type($partial) `->` custom<ResultTypes>(type($output), type($lse), type($row_max))
  }];
}

#endif // ATTN_ONLINE_OPS_TD
