//===- AttnInterfaces.td - questions that passes may ask ---*- tablegen -*-===//

#ifndef ATTN_INTERFACES_TD
#define ATTN_INTERFACES_TD

include "mlir/IR/OpBase.td"

def MaskAttrInterface : AttrInterface<"MaskAttrInterface"> {
  let cppNamespace = "::mlir::attn";
  let description = [{
    A mask states which (batch, head, query position, key position) are visible, as a boolean formula over affine constraints. Everything else
    (tile bounds, guards, counts, the picture) is derived from the formula; no pass asks which mask it has.
  }];
  let methods = [
    InterfaceMethod<"The visible set, written with the expressions and symbols that the builder offers.",
      "::mlir::attn::MaskFormula", "getFormula", (ins "const ::mlir::attn::MaskBuilder &":$m)>,
    InterfaceMethod<"Appends the names of run-time numbers that the mask mentions, in order of first mention, possibly repeated.",
      "void", "collectSymbols", (ins "::llvm::SmallVectorImpl<::mlir::StringAttr> &":$names), "", [{
        ::mlir::attn::collectStringParameters($_attr, names);
      }]>,
  ];
}

def NormalizerAttrInterface : AttrInterface<"NormalizerAttrInterface"> {
  let cppNamespace = "::mlir::attn";
  let description = [{
    A normaliser turns the scores of a row into weights, one key tile at a time: init, step, merge, finalise. It keeps a few f32 statistics per
    row beside the accumulator. The `build` methods emit elementwise `arith` and `math` operations on f32 values or vectors of f32, the same for
    every target; `scale` is the factor that turns scores into base-2 exponents. The `evaluate` methods are the plain float64 definition that
    the interpreter uses; they share nothing with the others.
  }];
  let methods = [
    InterfaceMethod<"Initial value of each row statistic.",
      "::llvm::SmallVector<double>", "getInitialStatistics">,
    InterfaceMethod<"Whether a step needs the largest score of each row of the tile.", "bool", "usesRowMax">,
    InterfaceMethod<"Whether a step needs the sum of each row's weights.", "bool", "usesRowSum">,
    InterfaceMethod<"Updates the statistics before the weights of a tile are formed. `rowMax` is null unless usesRowMax().",
      "::mlir::attn::StepStart", "buildBeginStep",
      (ins "::mlir::ImplicitLocOpBuilder &":$b, "::mlir::ValueRange":$statistics, "::mlir::Value":$rowMax, "::mlir::Value":$scale)>,
    InterfaceMethod<"The weight of one score; a score of -inf gives 0. With `afn` a relative error of 1e-4 is invisible, as weights will be rounded.",
      "::mlir::Value", "buildWeight",
      (ins "::mlir::ImplicitLocOpBuilder &":$b, "::mlir::Value":$score, "::mlir::Value":$scale, "::mlir::Value":$shift,
           "::mlir::arith::FastMathFlags":$fastmath)>,
    InterfaceMethod<"Updates the statistics after the weights of a tile are formed. `rowSum` is null unless usesRowSum().",
      "::llvm::SmallVector<::mlir::Value>", "buildEndStep",
      (ins "::mlir::ImplicitLocOpBuilder &":$b, "::mlir::ValueRange":$statistics, "::mlir::Value":$rescale, "::mlir::Value":$rowSum)>,
    InterfaceMethod<"Merges the statistics of two disjoint key sets and says how each accumulator is scaled before they are added.",
      "::mlir::attn::MergeResult", "buildMerge",
      (ins "::mlir::ImplicitLocOpBuilder &":$b, "::mlir::ValueRange":$lhs, "::mlir::ValueRange":$rhs, "::mlir::Value":$scale)>,
    InterfaceMethod<"Factor of the accumulator, logarithm of the sum (natural) and row maximum, from the final statistics.",
      "::mlir::attn::FinalResult", "buildFinalize",
      (ins "::mlir::ImplicitLocOpBuilder &":$b, "::mlir::ValueRange":$statistics, "::mlir::Value":$scale)>,
    InterfaceMethod<"Statistics under which a finished output with this lse (natural) is a partial result again.",
      "::llvm::SmallVector<::mlir::Value>", "buildFromFinished",
      (ins "::mlir::ImplicitLocOpBuilder &":$b, "::mlir::Value":$lse, "::mlir::Value":$scale)>,
    InterfaceMethod<"Definition in float64: weights of one row of scores (-inf where hidden).",
      "::mlir::attn::RowResult", "evaluateRow",
      (ins "::llvm::ArrayRef<double>":$scores, "::llvm::MutableArrayRef<double>":$weights)>,
    InterfaceMethod<"The same in f32, as a careful program without tiles computes it; by default the definition, rounded. It sets the error bound.",
      "::mlir::attn::RowResult", "evaluateRowPlainly",
      (ins "::llvm::ArrayRef<double>":$scores, "::llvm::MutableArrayRef<double>":$weights), "", [{
        ::mlir::attn::RowResult result = $_attr.evaluateRow(scores, weights);
        for (double &weight : weights)
          weight = float(weight);
        return {float(result.lse), float(result.rowMax)};
      }]>,
    InterfaceMethod<"Definition in float64: factors with which two finished outputs are added, and the lse of the sum.",
      "::mlir::attn::RowMerge", "evaluateMerge", (ins "double":$lseA, "double":$lseB)>,
  ];
}

def TargetAttrInterface : AttrInterface<"TargetAttrInterface"> {
  let cppNamespace = "::mlir::attn";
  let description = [{
    What a machine offers, asked by the passes *tile* and *schedule*. Declared here, implemented in `codegen/` as an external model, so that the
    passes know no machine.
  }];
  let methods = [
    InterfaceMethod<"Whether this compiler can generate code for the target; otherwise a message that lists what it can.",
      "::llvm::LogicalResult", "verifyTarget", (ins "::llvm::function_ref<::mlir::InFlightDiagnostic()>":$emitError)>,
    InterfaceMethod<"Tile sizes for an attention of this shape.",
      "::mlir::attn::TileChoice", "chooseTiles", (ins "const ::mlir::attn::AttentionShape &":$shape)>,
    InterfaceMethod<"Rows of the panels, the units that one product computes, of a tile of so many rows of an attention of this shape; 0 where the tile stays whole.",
      "int64_t", "getPanelRows", (ins "const ::mlir::attn::AttentionShape &":$shape, "int64_t":$tileRows)>,
    InterfaceMethod<"Type in which a matrix product takes operands of this type; another type than the argument where the machine has no such product.",
      "::mlir::Type", "getProductType", (ins "::mlir::Type":$elementType)>,
    InterfaceMethod<"Bytes of a cache that all tasks share, in which the keys and values of a section of tasks should fit; 0 where their order does not matter.",
      "int64_t", "getSharedCacheBytes">,
    InterfaceMethod<"Fewest points of a section of tasks. Where it is more than one, sections are as equal as they can be.", "int64_t", "getLeastSection">,
    InterfaceMethod<"Bits of the numbers that count tasks.", "unsigned", "getTaskBits">,
    InterfaceMethod<"Bytes at the beginning of a workspace in which kernels count their tasks: zero before the first launch, and after each.",
      "int64_t", "getCounterBytes">,
    InterfaceMethod<"Whether a matrix product may start from numbers other than zero at no cost, so that what is added to scores is best put there.",
      "bool", "startsProducts">,
  ];
}

#endif // ATTN_INTERFACES_TD
