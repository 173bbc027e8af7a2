//===- KernelDescription.cpp - attn_kernel as constants -------------------===//

#include "codegen/cpu/KernelDescription.h"
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
                                        number(parameter.extents.size(), i32), numbers(i64, shape), numbers(i32, symbols), number(bound, i32),
                                        number(getRule(parameter.rule), i32), number(limit, i64)});
}

llvm::Constant *DescriptionWriter::makeKernel(const KernelIdentity &identity, const Signature &signature, unsigned numStages, llvm::Constant *plan,
                                              llvm::Constant *task) {
  SmallVector<llvm::Constant *> arguments, symbols;
  for (const Parameter &parameter : signature.arguments)
    arguments.push_back(writeArgument(parameter, /*isResult=*/false));
  for (const Parameter &parameter : signature.results)
    arguments.push_back(writeArgument(parameter, /*isResult=*/true));
  for (const std::string &name : signature.shapes.names)
    symbols.push_back(text(name));
  auto *argumentTable = llvm::ConstantArray::get(llvm::ArrayType::get(arguments.front()->getType(), arguments.size()), arguments);
  auto *symbolTable = llvm::ConstantArray::get(llvm::ArrayType::get(pointer, symbols.size()), symbols);
  return llvm::ConstantStruct::getAnon({number(ATTN_ABI_VERSION, i32), number(arguments.size(), i32), number(symbols.size(), i32),
                                        number(numStages, i32), text(identity.name), text(identity.target), text(identity.compiler),
                                        text(identity.sourceHash), makeGlobal(argumentTable, "arguments"), makeGlobal(symbolTable, "symbols"), plan,
                                        task});
}
