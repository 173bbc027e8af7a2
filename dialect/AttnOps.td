//===- AttnOps.td - what is computed -----------------------*- tablegen -*-===//
//
// The specification phase: operations on tensors that say what attention computes, and nothing of how.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_OPS_TD
#define ATTN_OPS_TD

include "dialect/AttnDialect.td"
include "dialect/AttnInterfaces.td"
include "dialect/AttnAttrs.td"
include "dialect/AttnTypes.td"
include "mlir/Interfaces/ControlFlowInterfaces.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

def Attn_ScalarOrVectorOffset : AnyTypeOf<[Index, 1DTensorOf<[I32]>]>;

def Attn_AttentionOp : Attn_Op<"attention",
    [AttrSizedOperandSegments, AttrSizedResultSegments, RecursiveMemoryEffects]> {
  let summary = "softmax attention over a set of visible keys";
  let description = [{
    For batch b, query head h and query row r at absolute position i:

    ```
    s_j = score(scale * <q[b,h,r], k[b,h/group,j]>, b, h, i, j)      for every key j that the mask shows and that lies below lengths[b]
    o   = sum_j p_j v[b,h/group,j],   p = normalizer(s)
    ```

    Operands are [batch, head, sequence, dim] tensors of f32, bf16 or f16. Batch and lengths may be dynamic; head counts and dims are static. The query
    heads are a multiple of the key/value heads: `group = Hq / Hk` consecutive query heads share one. Dk and Dv may differ.

    - `mask`: the visible set; left out, every key is visible.
    - `scale`: a positive constant, or a run-time f32; left out, Dk^-1/2.
    - `lengths`: int32 [B], the number of keys of each batch row; keys beyond are never looked at, whatever their bits.
    - `offset`: absolute position of query row 0, an index or int32 [B]; left out, Tk - Tq (the last query sits on the last key). Lengths
      do not move it.
    - `symbols`: run-time numbers that the mask mentions by name.
    - `score`: arithmetic on a scaled score, from (score, b, h, i, j) to the new score; may use values from outside, such as
      soft-cap limits or slopes. A score of -inf hides the pair.
    - `normalizer`: how weights are formed; left out, `#attn.softmax`.
    - `precision`: `tf32` lets a target round the numbers of f32 operands, and the weights, to 11 bits in products; left out, f32 is as exact as f32.

    Results: the output [B, Hq, Tq, Dv] in f32, bf16 or f16; on request `lse`, f32 [B, Hq, Tq], the natural logarithm of the sum of exp(score), and `row_max`, f32
    [B, Hq, Tq], the largest score. A row that sees nothing has output 0, lse -inf and row_max -inf.

    Example:
    ```mlir
    // Gemma-2: soft-cap 50, a causal window of 4096 keys.
    func.func @gemma2(%q: tensor<?x8x?x256xbf16>, %k: tensor<?x4x?x256xbf16>, %v: tensor<?x4x?x256xbf16>) -> tensor<?x8x?x256xbf16> {
      %o = attn.attention %q, %k, %v mask = #attn.all_of<[#attn.causal, #attn.window<left = 4095>]> scale = 0.0625
          score {
          ^bb0(%s: f32, %b: index, %h: index, %i: index, %j: index):
            %cap = arith.constant 50.0 : f32
            %x = arith.divf %s, %cap : f32
            %t = math.tanh %x : f32
            %y = arith.mulf %t, %cap : f32
            attn.yield %y : f32
          } : tensor<?x8x?x256xbf16>, tensor<?x4x?x256xbf16>, tensor<?x4x?x256xbf16> -> tensor<?x8x?x256xbf16>
      return %o : tensor<?x8x?x256xbf16>
    }
    ```
  }];
  let arguments = (ins AnyRankedTensor:$query, AnyRankedTensor:$key, AnyRankedTensor:$value,
    Optional<F32>:$scale_value, Optional<AnyRankedTensor>:$lengths, Optional<Attn_ScalarOrVectorOffset>:$offset,
    Variadic<Index>:$symbol_values,
    OptionalAttr<MaskAttrInterface>:$mask, OptionalAttr<F64Attr>:$scale, OptionalAttr<StrArrayAttr>:$symbol_names,
    OptionalAttr<NormalizerAttrInterface>:$normalizer, OptionalAttr<Attn_PrecisionAttr>:$precision);
  let results = (outs AnyRankedTensor:$output, Optional<AnyRankedTensor>:$lse, Optional<AnyRankedTensor>:$row_max);
  let regions = (region AnyRegion:$score);
  let hasCustomAssemblyFormat = 1;
  let hasVerifier = 1;
  let hasRegionVerifier = 1;
  let extraClassDeclaration = [{
    /// Query heads that share a key/value head.
    int64_t getGroup();
    /// The normaliser; softmax where none is given.
    ::mlir::attn::NormalizerAttrInterface getNormalizerOrDefault();
    /// The names of the run-time numbers in the order of their values.
    ::llvm::SmallVector<::mlir::StringAttr> getSymbols();
    /// The formula of the mask, or none where every key is visible.
    ::std::optional<::mlir::attn::MaskFormula> getMaskFormula();
    /// The constant scale, Dk^-1/2 where none is given; none where it is a run-time value.
    ::std::optional<double> getConstantScale();
  }];
}

def Attn_MergeOp : Attn_Op<"merge", [Pure, AllTypesMatch<["lhs", "rhs", "output"]>, AllTypesMatch<["lhs_lse", "rhs_lse", "lse"]>]> {
  let summary = "merge of two results over disjoint keys";
  let description = [{
    From the outputs and lse of the same queries over two disjoint sets of keys, the output and lse over their union. Ring attention,
    cascades and split keys are this operation.

    Example:
    ```mlir
    func.func @merge(%a: tensor<?x8x?x64xf32>, %la: tensor<?x8x?xf32>, %b: tensor<?x8x?x64xf32>, %lb: tensor<?x8x?xf32>)
        -> (tensor<?x8x?x64xf32>, tensor<?x8x?xf32>) {
      %o, %l = attn.merge %a, %la with %b, %lb : tensor<?x8x?x64xf32>, tensor<?x8x?xf32>
      return %o, %l : tensor<?x8x?x64xf32>, tensor<?x8x?xf32>
    }
    ```
  }];
  let arguments = (ins AnyRankedTensor:$lhs, AnyRankedTensor:$lhs_lse, AnyRankedTensor:$rhs, AnyRankedTensor:$rhs_lse,
    OptionalAttr<NormalizerAttrInterface>:$normalizer);
  let results = (outs AnyRankedTensor:$output, AnyRankedTensor:$lse);
  let assemblyFormat = [{
    $lhs `,` $lhs_lse `with` $rhs `,` $rhs_lse attr-dict `:` type($lhs) `,` type($lhs_lse)
  }];
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    ::mlir::attn::NormalizerAttrInterface getNormalizerOrDefault();
  }];
}

def Attn_YieldOp : Attn_Op<"yield", [Pure, Terminator, ReturnLike]> {
  let summary = "the values that a region hands back";
  let description = [{
    Ends the regions of this dialect.

    Example:
    ```mlir
    func.func @plain_score(%q: tensor<1x1x4x8xf32>) -> tensor<1x1x4x8xf32> {
      %o = attn.attention %q, %q, %q score {
        ^bb0(%s: f32, %b: index, %h: index, %i: index, %j: index):
          attn.yield %s : f32
      } : tensor<1x1x4x8xf32>, tensor<1x1x4x8xf32>, tensor<1x1x4x8xf32> -> tensor<1x1x4x8xf32>
      return %o : tensor<1x1x4x8xf32>
    }
    ```
  }];
  let arguments = (ins Variadic<AnyType>:$values);
  let assemblyFormat = "($values^ `:` type($values))? attr-dict";
  let builders = [OpBuilder<(ins), [{ }]>];
}

#endif // ATTN_OPS_TD
