//===- AttnDialect.td - the attn dialect -------------------*- tablegen -*-===//

#ifndef ATTN_DIALECT_TD
#define ATTN_DIALECT_TD

include "mlir/IR/OpBase.td"
include "mlir/IR/AttrTypeBase.td"

def Attn_Dialect : Dialect {
  let name = "attn";
  let cppNamespace = "::mlir::attn";
  let summary = "attention, from what is computed to how a machine computes it";
  let description = [{
    The dialect carries a description of an attention variant through the phases *spec*, *normalize*, *tile* and *schedule*. Each phase
    has its own operations; `attn-verify-phase` checks that nothing else is left.

    | phase | operations of this dialect that may exist |
    |---|---|
    | spec | `attention`, `merge` |
    | normalize | `online_attention`, `partial_of`, `merge_partials`, `finalize` |
    | tile | `workspace`, `parallel`, `query_view`, `key_view`, `load`, `init`, `bounds`, `for_keys`, `contract`, `map`, `restrict`, `step`, `accumulate`, `finalize_rows`, `store`, `store_partial`, `reduce_partials`, `load_finished`, `merge_states` |
    | schedule | those of the tile phase on sub-tiles, with `pack`, `for_panels` and `panel` |
    | target | none |

    **Numerics policy** (one place; `docs/numerics.md` carries it for readers):
    scores, row maxima, row sums and accumulators are f32. exp2 is used, with `scale * log2(e)` folded into one factor. A hidden score is a
    real -inf, and a row maximum of -inf counts as 0 where it is subtracted. A row that sees no key has output 0 and lse -inf. NaN in visible
    inputs gives NaN. Keys beyond a length or the end of a tensor never influence the result, whatever their bits; keys that a mask hides inside
    a visited tile must be finite. The rescale factor is exactly 1 where the maximum did not move. Weights may be rounded to the input type before
    they multiply the values. Results do not depend on the number of threads.
  }];
  let useDefaultTypePrinterParser = 1;
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::math::MathDialect"];
  let extraClassDeclaration = [{
    /// Keeps a type that MLIR reads behind an attribute, `#attn.causal : tensor<...>`: it begins the types of the operation.
    ::mlir::Attribute parseAttribute(::mlir::DialectAsmParser &parser, ::mlir::Type type) const override;
    void printAttribute(::mlir::Attribute attribute, ::mlir::DialectAsmPrinter &printer) const override;
    void registerAttributes();
    void registerTypes();
  }];
}

class Attn_Attr<string name, string attrMnemonic, list<Trait> traits = []> : AttrDef<Attn_Dialect, name, traits> {
  let mnemonic = attrMnemonic;
}

class Attn_Type<string name, string typeMnemonic, list<Trait> traits = []> : TypeDef<Attn_Dialect, name, traits> {
  let mnemonic = typeMnemonic;
}

class Attn_Op<string mnemonic, list<Trait> traits = []> : Op<Attn_Dialect, mnemonic, traits>;

#endif // ATTN_DIALECT_TD
