//===- Dispatcher.cpp - one kernel for several targets --------------------===//

#include "codegen/Dispatcher.h"
#include "codegen/cpu/SupportBitcode.h"
#include "llvm/Bitcode/BitcodeReader.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/Support/MemoryBuffer.h"

using namespace mlir;
using namespace mlir::attn;

static int32_t getLevel(StringRef target) {
  const CpuMachine *level =
      llvm::find_if(CpuMachine::levels(), [&](const CpuMachine &machine) { return machine.name == target; });
  return level - CpuMachine::levels().begin();
}

/// Gives what the C code declares as `name` its value.
static void define(llvm::Module &module, StringRef name, llvm::Constant *value) {
  llvm::GlobalVariable *declaration = module.getGlobalVariable(name);
  auto *global =
      new llvm::GlobalVariable(module, value->getType(), /*isConstant=*/true, llvm::GlobalValue::InternalLinkage, value);
  declaration->replaceAllUsesWith(global);
  declaration->eraseFromParent();
}

/// The tables of BundleDispatch.c, which begin with the most capable target.
static void defineTables(llvm::Module &module, ArrayRef<CompiledKernel> kernels) {
  llvm::LLVMContext &context = module.getContext();
  llvm::Type *pointer = llvm::PointerType::getUnqual(context), *i32 = llvm::Type::getInt32Ty(context);
  SmallVector<llvm::Constant *> descriptions;
  SmallVector<uint32_t> levels;
  for (const CompiledKernel &kernel : llvm::reverse(kernels)) {
    descriptions.push_back(module.getOrInsertGlobal(kernel.identity.name + "_kernel", i32));
    levels.push_back(getLevel(kernel.identity.target));
  }
  define(module, "attn_dispatch_kernels",
         llvm::ConstantArray::get(llvm::ArrayType::get(pointer, kernels.size()), descriptions));
  define(module, "attn_dispatch_levels", llvm::ConstantDataArray::get(context, levels));
  define(module, "attn_dispatch_count", llvm::ConstantInt::get(i32, kernels.size()));
}

/// A stage that is the stage of this number of the kernel that was chosen.
static void addStage(llvm::Module &module, StringRef name, unsigned number) {
  llvm::IRBuilder<> b(module.getContext());
  llvm::Type *pointer = b.getPtrTy();
  auto *type = llvm::FunctionType::get(b.getVoidTy(), {pointer, pointer, pointer, b.getInt64Ty()}, /*isVarArg=*/false);
  auto *stage =
      llvm::Function::Create(type, llvm::GlobalValue::ExternalLinkage, name + "_stage_" + llvm::Twine(number), module);
  b.SetInsertPoint(llvm::BasicBlock::Create(module.getContext(), "", stage));
  b.CreateCall(module.getFunction("attn_dispatch_task"),
               {stage->getArg(0), stage->getArg(1), stage->getArg(2), b.getInt32(number), stage->getArg(3)});
  b.CreateRetVoid();
}

static llvm::Expected<ObjectBytes> emitDispatcher(ArrayRef<CompiledKernel> kernels, StringRef name) {
  llvm::LLVMContext context;
  auto buffer = llvm::MemoryBuffer::getMemBuffer(getDispatchBitcode(), "dispatch", /*RequiresNullTerminator=*/false);
  llvm::Expected<std::unique_ptr<llvm::Module>> module = llvm::parseBitcodeFile(buffer->getMemBufferRef(), context);
  if (!module)
    return module.takeError();
  defineTables(**module, kernels);
  size_t numStages = 0;
  for (const CompiledKernel &kernel : kernels)
    numStages = std::max(numStages, kernel.stages.size());
  for (size_t number = 0; number < numStages; ++number)
    addStage(**module, name, number);
  (*module)->getFunction("attn_dispatch_plan")->setName(name + "_plan");
  KernelIdentity identity = kernels.front().identity;
  identity.name = name.str();
  if (llvm::Error error = completeKernelModule(**module, identity, kernels.front().signature))
    return std::move(error);
  // It runs before the CPU is known to have more than the baseline.
  return emitObject(**module, CpuMachine::levels().front());
}

llvm::Expected<ObjectBytes> attn::joinKernels(ArrayRef<CompiledKernel> kernels, StringRef name) {
  llvm::Expected<ObjectBytes> dispatcher = emitDispatcher(kernels, name);
  if (!dispatcher)
    return dispatcher.takeError();
  std::vector<ObjectBytes> objects = {std::move(*dispatcher)};
  for (const CompiledKernel &kernel : kernels)
    objects.push_back(kernel.object);
  return linkRelocatable(objects);
}
