//===- TargetModels.cpp - the machines behind target attributes -----------===//

#include "codegen/TargetModels.h"
#include "codegen/cpu/CpuTiles.h"
#include "codegen/nvptx/GpuMachine.h"
#include "dialect/AttnAttrs.h"
#include "dialect/AttnDialect.h"
#include "runtime/attn_abi.h"

using namespace mlir;
using namespace mlir::attn;

/// The answers of the machine that a name stands for; verifyTarget has seen that there is one.
template <typename CpuT, typename GpuT>
static auto ask(Attribute attribute, CpuT cpu, GpuT gpu) {
  StringRef name = cast<TargetAttr>(attribute).getName();
  if (std::optional<GpuMachine> machine = GpuMachine::lookup(name))
    return gpu(*machine);
  return cpu(*CpuMachine::lookup(name));
}

namespace {
struct TargetModel : public TargetAttrInterface::ExternalModel<TargetModel, TargetAttr> {
  LogicalResult verifyTarget(Attribute attribute, function_ref<InFlightDiagnostic()> emitError) const {
    StringRef name = cast<TargetAttr>(attribute).getName();
    if (CpuMachine::lookup(name) || GpuMachine::lookup(name))
      return success();
    InFlightDiagnostic error = emitError();
    error << "expected target ";
    llvm::interleaveComma(CpuMachine::levels(), error, [&](const CpuMachine &level) { error << level.name; });
    for (const GpuMachine &machine : GpuMachine::machines())
      error << ", " << machine.name;
    return error << ", but got '" << name << "'";
  }
  TileChoice chooseTiles(Attribute attribute, const AttentionShape &shape) const {
    return ask(
        attribute, [&](const CpuMachine &machine) { return chooseCpuTiles(machine, shape); },
        [&](const GpuMachine &machine) { return chooseGpuTiles(machine, shape); });
  }
  int64_t getPanelRows(Attribute attribute, const AttentionShape &shape, int64_t tileRows) const {
    // Kernels for few rows have smaller tiles, and cut them as they go.
    return ask(
        attribute, [&](const CpuMachine &machine) -> int64_t { return tileRows >= int64_t(machine.panelRows()) ? machine.panelRows() : 0; },
        [&](const GpuMachine &machine) -> int64_t {
          TileChoice tiles = chooseGpuTiles(machine, shape);
          return tileRows >= tiles.rows ? tiles.panelRows : 0;
        });
  }
  int64_t getSharedCacheBytes(Attribute attribute) const {
    return ask(attribute, [](const CpuMachine &) -> int64_t { return 0; }, [](const GpuMachine &machine) { return machine.cacheBytes; });
  }
  int64_t getLeastSection(Attribute attribute) const {
    return ask(attribute, [](const CpuMachine &) -> int64_t { return 1; }, [](const GpuMachine &machine) { return machine.leastSection; });
  }
  unsigned getTaskBits(Attribute attribute) const {
    return ask(attribute, [](const CpuMachine &) { return 64u; }, [](const GpuMachine &) { return 32u; });
  }
  int64_t getCounterBytes(Attribute attribute) const {
    // Two numbers of 32 bits for each stage.
    constexpr int64_t kBytes = ATTN_MAX_STAGES * 8;
    return ask(
        attribute, [](const CpuMachine &) -> int64_t { return 0; }, [](const GpuMachine &machine) { return machine.hasWarpgroups ? kBytes : 0; });
  }
  Type getProductType(Attribute attribute, Type elementType) const {
    bool isNative = ask(
        attribute, [&](const CpuMachine &machine) { return machine.hasNativeDot(elementType); },
        [&](const GpuMachine &machine) { return machine.hasProduct(elementType); });
    return isNative ? elementType : Float32Type::get(elementType.getContext());
  }
  bool startsProducts(Attribute attribute) const {
    return ask(
        attribute, [](const CpuMachine &) { return false; }, [](const GpuMachine &) { return true; });
  }
};
} // namespace

void attn::registerTargetModels(DialectRegistry &registry) {
  registry.addExtension(+[](MLIRContext *context, AttnDialect *) { TargetAttr::attachInterface<TargetModel>(*context); });
}
