//===- GpuBundle.cpp - bundles for GPUs -----------------------------------===//

#include "tools/attn-compile/GpuBundle.h"
#include "tools/attn-compile/AbiHeader.h"
#include "tools/attn-compile/BundleFiles.h"
#include "tools/common/CommandLine.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/SHA256.h"

using namespace mlir;
using namespace mlir::attn;

namespace json = llvm::json;

/// Tells from the outside whether two builds made the same code.
static std::string hashText(StringRef text) {
  std::array<uint8_t, 32> digest = llvm::SHA256::hash(llvm::arrayRefFromStringRef(text));
  return llvm::toHex(ArrayRef(digest).take_front(16), /*LowerCase=*/true);
}

static json::Object describeKernel(const Bundle &bundle, const CompiledGpuKernel &kernel) {
  json::Array stages;
  for (const GpuStage &stage : kernel.stages) {
    json::Array maps;
    for (const std::array<int64_t, 6> &map : stage.maps)
      maps.push_back(json::Object{{"argument", map[0]}, {"group", map[1]}, {"step", map[2]}, {"phase", map[3]}, {"box_rows", map[4]},
                                  {"box_columns", map[5]}});
    stages.push_back(json::Object{{"name", stage.name}, {"symbol", stage.symbol}, {"number", stage.number}, {"alignment", stage.alignment},
                                  {"threads", stage.threads}, {"shared_bytes", stage.sharedBytes}, {"persistent", stage.persistent},
                                  {"maps", std::move(maps)}});
  }
  std::string stem = bundle.name + "." + kernel.identity.target;
  return json::Object{{"target", kernel.identity.target},   {"source_hash", kernel.identity.sourceHash}, {"ptx", stem + ".ptx"},
                      {"ptx_hash", hashText(kernel.ptx)},   {"cubin", stem + ".cubin"},                  {"stages", std::move(stages)},
                      {"argument_bytes", kernel.argumentBytes}};
}

LogicalResult attn::writeGpuBundle(const Bundle &bundle, ArrayRef<CompiledGpuKernel> kernels, ArrayRef<AttentionFacts> facts, StringRef directory) {
  const CompiledGpuKernel &first = kernels.front();
  llvm::Expected<ObjectBytes> library = linkSharedLibrary(first.plan);
  if (!library)
    return reportError(llvm::toString(library.takeError()));
  json::Array targets;
  std::vector<BundleFile> files = {{"attn_abi.h", getAbiHeader()}, {bundle.name + ".so", StringRef(library->data(), library->size())}};
  for (const CompiledGpuKernel &kernel : kernels) {
    targets.push_back(describeKernel(bundle, kernel));
    std::string stem = bundle.name + "." + kernel.identity.target;
    files.push_back({stem + ".ptx", kernel.ptx});
    files.push_back({stem + ".cubin", kernel.cubin});
  }
  json::Object manifest = describeBundle(bundle, first.identity, first.signature, facts);
  manifest["files"] = json::Object{{"so", bundle.name + ".so"}};
  manifest["targets"] = std::move(targets);
  std::string text = printManifest(std::move(manifest));
  files.push_back({bundle.name + ".json", text});
  return writeBundleFiles(directory, files);
}
