//===- GpuFamily.cpp - GPU kernels as other programs see them -------------===//

#include "codegen/GpuFamily.h"
#include "codegen/cpu/KernelDescription.h"
#include "codegen/cpu/SupportBitcode.h"
#include "runtime/attn_gpu_abi.h"
#include "llvm/Bitcode/BitcodeReader.h"
#include "llvm/Support/MemoryBuffer.h"

using namespace mlir;
using namespace mlir::attn;

GpuCapability GpuCapability::of(StringRef target) {
  GpuCapability capability = {0, false};
  target.consume_front("sm_");
  target.consumeInteger(10, capability.number);
  capability.isExact = !target.empty();
  return capability;
}

namespace {
/// Writes the constants of runtime/attn_gpu_abi.h.
class FamilyWriter {
public:
  explicit FamilyWriter(llvm::Module &module) : module(module), context(module.getContext()), description(module) {}

  llvm::GlobalVariable *write(ArrayRef<CompiledGpuKernel> kernels, StringRef name);

private:
  llvm::Constant *makeTable(ArrayRef<llvm::Constant *> rows, StringRef name);
  llvm::Constant *makeBytes(StringRef bytes, bool endsInZero, StringRef name);
  llvm::Constant *makeStage(const GpuStage &stage);
  llvm::Constant *makeTarget(const CompiledGpuKernel &kernel);
  llvm::Constant *declarePlan(const CompiledGpuKernel &kernel);
  llvm::Constant *null() { return llvm::ConstantPointerNull::get(llvm::PointerType::getUnqual(context)); }

  llvm::Module &module;
  llvm::LLVMContext &context;
  DescriptionWriter description;
};
} // namespace

static int64_t countStages(const CompiledGpuKernel &kernel) {
  int64_t count = 0;
  for (const GpuStage &stage : kernel.stages)
    count = std::max(count, stage.number + 1);
  return count;
}

/// A table of structs of one type; a null pointer if there are none.
llvm::Constant *FamilyWriter::makeTable(ArrayRef<llvm::Constant *> rows, StringRef name) {
  if (rows.empty())
    return null();
  return description.makeGlobal(llvm::ConstantArray::get(llvm::ArrayType::get(rows.front()->getType(), rows.size()), rows), name);
}

llvm::Constant *FamilyWriter::makeBytes(StringRef bytes, bool endsInZero, StringRef name) {
  if (bytes.empty())
    return null();
  llvm::GlobalVariable *global = description.makeGlobal(llvm::ConstantDataArray::getString(context, bytes, endsInZero), name);
  global->setAlignment(llvm::Align(64));
  return global;
}

llvm::Constant *FamilyWriter::makeStage(const GpuStage &stage) {
  SmallVector<llvm::Constant *> maps;
  for (const GpuTensorMap &map : stage.maps)
    maps.push_back(
        llvm::ConstantStruct::getAnon({description.makeI32(map.argument), description.makeI32(map.group), description.makeI32(map.step),
                                       description.makeI32(map.phase), description.makeI32(map.boxRows), description.makeI32(map.boxColumns)}));
  return llvm::ConstantStruct::getAnon({description.text(stage.symbol), description.text(stage.name), description.makeI32(stage.number),
                                        description.makeI32(stage.alignment), description.makeI32(stage.threads),
                                        description.makeI32(stage.persistent), description.makeI64(stage.sharedBytes),
                                        description.makeI32(maps.size()), description.makeI32(stage.isDependent), makeTable(maps, "maps")});
}

llvm::Constant *FamilyWriter::declarePlan(const CompiledGpuKernel &kernel) {
  llvm::Type *pointer = llvm::PointerType::getUnqual(context);
  auto *type = llvm::FunctionType::get(llvm::Type::getVoidTy(context), {pointer, pointer}, /*isVarArg=*/false);
  auto *plan = cast<llvm::Function>(module.getOrInsertFunction(kernel.planSymbol, type).getCallee());
  plan->setVisibility(llvm::GlobalValue::HiddenVisibility);
  return plan;
}

llvm::Constant *FamilyWriter::makeTarget(const CompiledGpuKernel &kernel) {
  SmallVector<llvm::Constant *> stages;
  for (const GpuStage &stage : kernel.stages)
    stages.push_back(makeStage(stage));
  GpuCapability capability = GpuCapability::of(kernel.identity.target);
  return llvm::ConstantStruct::getAnon({description.text(kernel.identity.target), description.makeI32(capability.number),
                                        description.makeI32(capability.isExact), makeBytes(kernel.ptx, /*endsInZero=*/true, "ptx"),
                                        description.makeI64(kernel.ptx.size()), makeBytes(kernel.cubin, /*endsInZero=*/false, "cubin"),
                                        description.makeI64(kernel.cubin.size()), declarePlan(kernel), description.makeI32(stages.size()),
                                        description.makeI32(countStages(kernel)), makeTable(stages, "kernels")});
}

llvm::GlobalVariable *FamilyWriter::write(ArrayRef<CompiledGpuKernel> kernels, StringRef name) {
  SmallVector<llvm::Constant *> targets;
  for (const CompiledGpuKernel &kernel : kernels)
    targets.push_back(makeTarget(kernel));
  const CompiledGpuKernel &first = kernels.front();
  KernelIdentity identity = first.identity;
  identity.name = name.str();
  llvm::Constant *kernel = description.makeKernel(identity, first.signature, countStages(first), declarePlan(first), null());
  llvm::Constant *family = llvm::ConstantStruct::getAnon({kernel, description.makeI32(ATTN_GPU_ABI_VERSION), description.makeI32(targets.size()),
                                                          description.makeI64(first.argumentBytes), makeTable(targets, "targets")});
  return description.makeGlobal(family, name + "_gpu");
}

llvm::Expected<ObjectBytes> attn::joinGpuKernels(ArrayRef<CompiledGpuKernel> kernels, StringRef name) {
  llvm::LLVMContext context;
  auto buffer = llvm::MemoryBuffer::getMemBuffer(getGpuBitcode(), "gpu", /*RequiresNullTerminator=*/false);
  llvm::Expected<std::unique_ptr<llvm::Module>> module = llvm::parseBitcodeFile(buffer->getMemBufferRef(), context);
  if (!module)
    return module.takeError();
  llvm::GlobalVariable *family = FamilyWriter(**module).write(kernels, name);
  llvm::GlobalVariable *declaration = (*module)->getGlobalVariable("attn_bundle_gpu");
  declaration->replaceAllUsesWith(family);
  declaration->eraseFromParent();
  family->setLinkage(llvm::GlobalValue::ExternalLinkage);
  // The family begins with the description that loaders look for.
  llvm::GlobalAlias::create(family->getValueType(), 0, llvm::GlobalValue::ExternalLinkage, name + "_kernel", family, module->get());
  for (StringRef entry : {"check", "plan"})
    (*module)->getFunction(("attn_bundle_" + entry).str())->setName(name + "_" + entry);

  llvm::Expected<ObjectBytes> object = emitObject(**module, CpuMachine::levels().front());
  if (!object)
    return object.takeError();
  std::vector<ObjectBytes> objects = {std::move(*object)};
  for (const CompiledGpuKernel &kernel : kernels)
    objects.push_back(kernel.plan);
  return linkRelocatable(objects);
}
