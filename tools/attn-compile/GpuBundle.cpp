//===- GpuBundle.cpp - bundles for GPUs -----------------------------------===//

#include "tools/attn-compile/GpuBundle.h"
#include "codegen/GpuFamily.h"
#include "runtime/attn_gpu_abi.h"
#include "tools/attn-compile/AbiHeader.h"
#include "tools/attn-compile/BundleFiles.h"
#include "tools/attn-compile/GpuLauncher.h"
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

static json::Object describeMap(const GpuTensorMap &map) {
  return json::Object{{"argument", map.argument}, {"group", map.group},      {"step", map.step},
                      {"phase", map.phase},       {"box_rows", map.boxRows}, {"box_columns", map.boxColumns}};
}

static json::Object describeStage(const GpuStage &stage) {
  json::Array maps;
  for (const GpuTensorMap &map : stage.maps)
    maps.push_back(describeMap(map));
  return json::Object{{"name", stage.name},
                      {"symbol", stage.symbol},
                      {"number", stage.number},
                      {"alignment", stage.alignment},
                      {"threads", stage.threads},
                      {"shared_bytes", stage.sharedBytes},
                      {"persistent", stage.persistent},
                      {"dependent", stage.isDependent},
                      {"registers", stage.resources.registers},
                      {"stack_bytes", stage.resources.stackBytes},
                      {"spill_bytes", stage.resources.spillBytes},
                      {"static_shared_bytes", stage.resources.staticSharedBytes},
                      {"maps", std::move(maps)}};
}

static json::Object describeKernel(const Bundle &bundle, const CompiledGpuKernel &kernel) {
  json::Array stages;
  for (const GpuStage &stage : kernel.stages)
    stages.push_back(describeStage(stage));
  std::string stem = bundle.name + "." + kernel.identity.target;
  return json::Object{{"target", kernel.identity.target},
                      {"source_hash", kernel.identity.sourceHash},
                      {"ptx", stem + ".ptx"},
                      {"ptx_hash", hashText(kernel.ptx)},
                      {"cubin", stem + ".cubin"},
                      {"stages", std::move(stages)},
                      {"argument_bytes", kernel.argumentBytes}};
}

LogicalResult attn::writeGpuBundle(const Bundle &bundle, ArrayRef<CompiledGpuKernel> kernels, ArrayRef<AttentionFacts> facts, StringRef directory) {
  const CompiledGpuKernel &first = kernels.front();
  llvm::Expected<ObjectBytes> object = joinGpuKernels(kernels, bundle.name);
  if (!object)
    return reportError(llvm::toString(object.takeError()));
  llvm::Expected<ObjectBytes> library = linkSharedLibrary(*object);
  if (!library)
    return reportError(llvm::toString(library.takeError()));
  HeaderFacts headerFacts = {bundle.name, first.identity.compiler, bundle.source, bundle.entry, {}, "", first.signature};
  for (const CompiledGpuKernel &kernel : kernels)
    headerFacts.targets.push_back(kernel.identity.target);
  std::string header = makeGpuHeader(headerFacts), launcher = makeGpuLauncher(headerFacts);

  json::Array targets;
  auto view = [](const ObjectBytes &bytes) { return StringRef(bytes.data(), bytes.size()); };
  std::vector<BundleFile> files = {{"attn_abi.h", getAbiHeader()}, {"attn_gpu_abi.h", getGpuAbiHeader()}, {bundle.name + ".h", header},
                                   {bundle.name + ".c", launcher}, {bundle.name + "_gpu.o", view(*object)},   {bundle.name + ".so", view(*library)}};
  for (const CompiledGpuKernel &kernel : kernels) {
    targets.push_back(describeKernel(bundle, kernel));
    std::string stem = bundle.name + "." + kernel.identity.target;
    files.push_back({stem + ".ptx", kernel.ptx});
    files.push_back({stem + ".cubin", kernel.cubin});
  }
  json::Object manifest = describeBundle(bundle, first.identity, first.signature, facts), names;
  for (StringRef extension : {"h", "c", "so"})
    names[extension] = bundle.name + "." + extension.str();
  names["o"] = bundle.name + "_gpu.o"; // NAME.o is what a C compiler makes of NAME.c
  manifest["files"] = std::move(names);
  manifest["targets"] = std::move(targets);
  manifest["memory"] = json::Object{{"alignment", ATTN_BLOCK_ALIGNMENT},
                                    {"counter_bytes", ATTN_GPU_COUNTER_BYTES},
                                    {"workspace_bytes", bundle.name + "_workspace_bytes tells, from the sizes"}};
  std::string text = printManifest(std::move(manifest));
  files.push_back({bundle.name + ".json", text});
  return writeBundleFiles(directory, files);
}
