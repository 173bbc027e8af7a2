//===- MaskBase.td - base class of masks -------------------*- tablegen -*-===//

#ifndef ATTN_MASK_BASE_TD
#define ATTN_MASK_BASE_TD

include "dialect/AttnDialect.td"
include "dialect/AttnInterfaces.td"

/// A mask attribute. `visible` is the body of `MaskFormula getFormula(const MaskBuilder &m)`: the set of visible pairs.
/// `rules` is the body of its `verify`, in which `emitError` and the parameters are known by name; leave it out if every value is allowed.
class Attn_Mask<string name, string attrMnemonic, code visible, string verifyArguments = "", code rules = "",
                list<string> declared = ["getFormula"]>
    : Attn_Attr<name, attrMnemonic, [DeclareAttrInterfaceMethods<MaskAttrInterface, declared>]> {
  let genVerifyDecl = !not(!empty(verifyArguments));
  let extraClassDefinition =
      "::mlir::attn::MaskFormula $cppClass::getFormula(const ::mlir::attn::MaskBuilder &m) const {\n" # visible # "\n}\n" #
      !if(!empty(verifyArguments), "",
          "::llvm::LogicalResult $cppClass::verify(::llvm::function_ref<::mlir::InFlightDiagnostic()> emitError, " # verifyArguments #
          ") {\n" # rules # "\n}");
}

/// A number of a mask: an integer, or the name of a run-time number bound by `symbols(...)` of the operation.
class Attn_Number<string desc> : AttrParameter<"::mlir::Attribute", desc>;
class Attn_OptionalNumber<string desc> : OptionalParameter<"::mlir::Attribute", desc>;

#endif // ATTN_MASK_BASE_TD
