//===- TargetModels.cpp - the machines behind target attributes -----------===//

#include "codegen/TargetModels.h"
#include "codegen/cpu/CpuTiles.h"
#include "dialect/AttnAttrs.h"
#include "dialect/AttnDialect.h"

using namespace mlir;
using namespace mlir::attn;

namespace {
struct CpuTargetModel : public TargetAttrInterface::ExternalModel<CpuTargetModel, TargetAttr> {
  static CpuMachine machine(Attribute attribute) { return *CpuMachine::lookup(cast<TargetAttr>(attribute).getName()); }

  LogicalResult verifyTarget(Attribute attribute, function_ref<InFlightDiagnostic()> emitError) const {
    StringRef name = cast<TargetAttr>(attribute).getName();
    if (CpuMachine::lookup(name))
      return success();
    InFlightDiagnostic error = emitError();
    error << "expected target ";
    llvm::interleaveComma(CpuMachine::levels(), error, [&](const CpuMachine &level) { error << level.name; });
    return error << ", but got '" << name << "'";
  }
  TileChoice chooseTiles(Attribute attribute, const AttentionShape &shape) const { return chooseCpuTiles(machine(attribute), shape); }
  int64_t getPanelRows(Attribute attribute, Type) const { return machine(attribute).panelRows(); }
  Type getProductType(Attribute attribute, Type elementType) const {
    return machine(attribute).hasNativeDot(elementType) ? elementType : Float32Type::get(elementType.getContext());
  }
};
} // namespace

void attn::registerTargetModels(DialectRegistry &registry) {
  registry.addExtension(+[](MLIRContext *context, AttnDialect *) { TargetAttr::attachInterface<CpuTargetModel>(*context); });
}
