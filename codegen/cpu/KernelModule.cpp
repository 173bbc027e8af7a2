//===- KernelModule.cpp - a kernel as other programs see it ---------------===//

#include "codegen/cpu/KernelModule.h"
#include "codegen/cpu/KernelDescription.h"
#include "codegen/cpu/SupportBitcode.h"
#include "llvm/Bitcode/BitcodeReader.h"
#include "llvm/IR/Constants.h"
#include "llvm/Linker/Linker.h"
#include "llvm/Support/MemoryBuffer.h"

using namespace mlir;
using namespace mlir::attn;

/// The stage functions NAME_stage_0, ... as the table that the support code calls through; returns their number.
static unsigned writeStages(llvm::Module &module, DescriptionWriter &writer, StringRef name) {
  SmallVector<llvm::Constant *> stages;
  while (llvm::Function *stage = module.getFunction((name + "_stage_" + Twine(stages.size())).str()))
    stages.push_back(stage);
  auto *pointer = llvm::PointerType::getUnqual(module.getContext());
  llvm::GlobalVariable *global = writer.makeGlobal(llvm::ConstantArray::get(llvm::ArrayType::get(pointer, stages.size()), stages), "stages");
  if (llvm::GlobalVariable *declaration = module.getGlobalVariable("attn_support_stages")) {
    declaration->replaceAllUsesWith(global);
    declaration->eraseFromParent();
  }
  return stages.size();
}

/// Translates cold functions fast, as they are: they are optimised already, and to do it again takes a tenth of the time of a kernel.
static void translateColdFunctionsFast(llvm::Module &module) {
  for (llvm::Function &function : module) {
    if (function.isDeclaration() || !function.hasFnAttribute(llvm::Attribute::Cold))
      continue;
    function.removeFnAttr(llvm::Attribute::MinSize);
    function.removeFnAttr(llvm::Attribute::OptimizeForSize);
    function.addFnAttr(llvm::Attribute::NoInline);
    function.addFnAttr(llvm::Attribute::OptimizeNone);
  }
}

llvm::Error attn::completeKernelModule(llvm::Module &module, const KernelIdentity &identity, const Signature &signature) {
  // The generated plan makes room for the exported function of this name.
  module.getFunction(identity.name + "_plan")->setName(identity.name + "_plan_function");
  auto buffer = llvm::MemoryBuffer::getMemBuffer(getSupportBitcode(), "support", /*RequiresNullTerminator=*/false);
  llvm::Expected<std::unique_ptr<llvm::Module>> support = llvm::parseBitcodeFile(buffer->getMemBufferRef(), module.getContext());
  if (!support)
    return support.takeError();
  translateColdFunctionsFast(**support);
  (*support)->setTargetTriple(module.getTargetTriple());
  (*support)->setDataLayout(module.getDataLayout());
  if (llvm::Linker::linkModules(module, std::move(*support)))
    return llvm::createStringError("the support code does not link with the kernel");

  DescriptionWriter writer(module);
  unsigned numStages = writeStages(module, writer, identity.name);
  llvm::Constant *description = writer.makeKernel(identity, signature, numStages, module.getFunction(identity.name + "_plan_function"),
                                                  module.getFunction("attn_support_task"));
  llvm::GlobalVariable *kernel = writer.makeGlobal(description, identity.name + "_kernel");
  llvm::GlobalVariable *declaration = module.getGlobalVariable("attn_bundle_kernel");
  declaration->replaceAllUsesWith(kernel);
  declaration->eraseFromParent();
  for (StringRef entry : {"check", "plan", "run"})
    module.getFunction(("attn_bundle_" + entry).str())->setName(identity.name + "_" + entry);

  auto isExported = [&](llvm::GlobalValue &value) {
    StringRef rest = value.getName();
    return rest.consume_front(identity.name + "_") && llvm::is_contained({"kernel", "check", "plan", "run"}, rest);
  };
  for (llvm::GlobalValue &value : module.global_values()) {
    if (value.isDeclaration())
      continue;
    bool exported = isExported(value);
    value.setLinkage(exported ? llvm::GlobalValue::ExternalLinkage : llvm::GlobalValue::InternalLinkage);
    value.setVisibility(llvm::GlobalValue::DefaultVisibility);
    value.setDSOLocal(!exported);
  }
  return llvm::Error::success();
}
