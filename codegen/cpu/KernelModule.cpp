//===- KernelModule.cpp - a kernel as other programs see it ---------------===//

#include "codegen/cpu/KernelModule.h"
#include "codegen/cpu/SupportBitcode.h"
#include "llvm/Bitcode/BitcodeReader.h"
#include "llvm/IR/Constants.h"
#include "llvm/Linker/Linker.h"
#include "llvm/Support/MemoryBuffer.h"
#include "runtime/attn_abi.h"

using namespace mlir;
using namespace mlir::attn;

static int32_t getDtype(Type type) {
  type = getElementTypeOrSelf(type);
  if (type.isF32())
    return ATTN_F32;
  if (type.isBF16())
    return ATTN_BF16;
  if (type.isF16())
    return ATTN_F16;
  if (type.isF64())
    return ATTN_F64;
  return type.isInteger(32) ? ATTN_I32 : ATTN_I64;
}

static int32_t getRule(ValueRule rule) {
  switch (rule) {
  case ValueRule::Any:
    return ATTN_ANY_VALUE;
  case ValueRule::Positive:
    return ATTN_POSITIVE;
  case ValueRule::NotNegative:
    return ATTN_NOT_NEGATIVE;
  }
  llvm_unreachable("every rule is handled");
}

namespace {
/// Writes the constants of runtime/attn_abi.h; the structs have the C compiler's layout, because LLVM pads them by the same rules.
class DescriptionWriter {
public:
  DescriptionWriter(llvm::Module &module, const KernelIdentity &identity, const Signature &signature)
      : module(module), identity(identity), signature(signature), context(module.getContext()),
        pointer(llvm::PointerType::getUnqual(context)), i32(llvm::Type::getInt32Ty(context)), i64(llvm::Type::getInt64Ty(context)) {}

  /// The stage functions NAME_stage_0, ... as the table that the support code calls through; returns their number.
  unsigned writeStages(llvm::GlobalVariable *declaration);
  llvm::GlobalVariable *writeKernel(unsigned numStages);

private:
  llvm::Constant *number(int64_t value, llvm::Type *type) { return llvm::ConstantInt::get(type, value, /*IsSigned=*/true); }
  llvm::Constant *text(StringRef value);
  llvm::Constant *numbers(llvm::Type *type, ArrayRef<int64_t> values);
  llvm::Constant *writeArgument(const Parameter &parameter, bool isResult);
  llvm::GlobalVariable *makeGlobal(llvm::Constant *value, const Twine &name);

  llvm::Module &module;
  const KernelIdentity &identity;
  const Signature &signature;
  llvm::LLVMContext &context;
  llvm::Type *pointer, *i32, *i64;
};
} // namespace

llvm::GlobalVariable *DescriptionWriter::makeGlobal(llvm::Constant *value, const Twine &name) {
  return new llvm::GlobalVariable(module, value->getType(), /*isConstant=*/true, llvm::GlobalValue::InternalLinkage, value, name);
}

llvm::Constant *DescriptionWriter::text(StringRef value) { return makeGlobal(llvm::ConstantDataArray::getString(context, value), "text"); }

llvm::Constant *DescriptionWriter::numbers(llvm::Type *type, ArrayRef<int64_t> values) {
  auto *arrayType = llvm::ArrayType::get(type, values.size());
  return llvm::ConstantArray::get(arrayType, llvm::map_to_vector(values, [&](int64_t value) { return number(value, type); }));
}

llvm::Constant *DescriptionWriter::writeArgument(const Parameter &parameter, bool isResult) {
  bool isTensor = isa<RankedTensorType>(parameter.type);
  SmallVector<int64_t> shape(ATTN_MAX_RANK, -1), symbols(ATTN_MAX_RANK, -1);
  for (auto [dim, extent] : llvm::enumerate(parameter.extents)) {
    shape[dim] = extent.isStatic() ? extent.size : -1;
    symbols[dim] = extent.symbol;
  }
  int64_t bound = -1, limit = -1;
  for (const Extent &extent : parameter.valueBounds) {
    if (!extent.isStatic())
      bound = extent.symbol;
    else
      limit = limit < 0 ? extent.size : std::min(limit, extent.size);
  }
  int64_t role = isTensor ? (isResult ? ATTN_OUTPUT : ATTN_INPUT) : ATTN_SCALAR;
  return llvm::ConstantStruct::getAnon({text(parameter.name), number(role, i32), number(getDtype(parameter.type), i32),
                                        number(parameter.extents.size(), i32), numbers(i64, shape), numbers(i32, symbols),
                                        number(bound, i32), number(getRule(parameter.rule), i32), number(limit, i64)});
}

unsigned DescriptionWriter::writeStages(llvm::GlobalVariable *declaration) {
  SmallVector<llvm::Constant *> stages;
  while (llvm::Function *stage = module.getFunction(identity.name + "_stage_" + std::to_string(stages.size())))
    stages.push_back(stage);
  auto *table = llvm::ConstantArray::get(llvm::ArrayType::get(pointer, stages.size()), stages);
  llvm::GlobalVariable *global = makeGlobal(table, "stages");
  if (declaration) {
    declaration->replaceAllUsesWith(global);
    declaration->eraseFromParent();
  }
  return stages.size();
}

llvm::GlobalVariable *DescriptionWriter::writeKernel(unsigned numStages) {
  SmallVector<llvm::Constant *> arguments, symbols;
  for (const Parameter &parameter : signature.arguments)
    arguments.push_back(writeArgument(parameter, /*isResult=*/false));
  for (const Parameter &parameter : signature.results)
    arguments.push_back(writeArgument(parameter, /*isResult=*/true));
  for (const std::string &name : signature.shapes.names)
    symbols.push_back(text(name));
  auto *argumentTable = llvm::ConstantArray::get(llvm::ArrayType::get(arguments.front()->getType(), arguments.size()), arguments);
  auto *symbolTable = llvm::ConstantArray::get(llvm::ArrayType::get(pointer, symbols.size()), symbols);
  llvm::Constant *kernel = llvm::ConstantStruct::getAnon(
      {number(ATTN_ABI_VERSION, i32), number(arguments.size(), i32), number(symbols.size(), i32), number(numStages, i32), text(identity.name),
       text(identity.target), text(identity.compiler), text(identity.sourceHash), makeGlobal(argumentTable, "arguments"),
       makeGlobal(symbolTable, "symbols"), module.getFunction(identity.name + "_plan_function"), module.getFunction("attn_support_task")});
  return makeGlobal(kernel, identity.name + "_kernel");
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

  DescriptionWriter writer(module, identity, signature);
  unsigned numStages = writer.writeStages(module.getGlobalVariable("attn_support_stages"));
  llvm::GlobalVariable *kernel = writer.writeKernel(numStages);
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
