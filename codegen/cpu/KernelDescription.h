//===- KernelDescription.h - attn_kernel as constants -----------*- C++ -*-===//

#ifndef ATTN_CODEGEN_CPU_KERNELDESCRIPTION_H
#define ATTN_CODEGEN_CPU_KERNELDESCRIPTION_H

#include "codegen/cpu/KernelModule.h"
#include "llvm/IR/Constants.h"

namespace mlir::attn {

/// Writes the constants of runtime/attn_abi.h; the structs have the C compiler's layout, because LLVM pads them by the same rules.
class DescriptionWriter {
public:
  explicit DescriptionWriter(llvm::Module &module)
      : module(module), context(module.getContext()), pointer(llvm::PointerType::getUnqual(context)), i32(llvm::Type::getInt32Ty(context)),
        i64(llvm::Type::getInt64Ty(context)) {}

  /// An attn_kernel; `task` may be a null pointer.
  llvm::Constant *makeKernel(const KernelIdentity &identity, const Signature &signature, unsigned numStages, llvm::Constant *plan,
                             llvm::Constant *task);

  llvm::Constant *makeI32(int64_t value) { return number(value, i32); }
  llvm::Constant *makeI64(int64_t value) { return number(value, i64); }
  /// A string that ends in a zero.
  llvm::Constant *text(StringRef value);
  /// A constant that only this module sees.
  llvm::GlobalVariable *makeGlobal(llvm::Constant *value, const Twine &name);

private:
  llvm::Constant *number(int64_t value, llvm::Type *type) { return llvm::ConstantInt::get(type, value, /*IsSigned=*/true); }
  llvm::Constant *numbers(llvm::Type *type, ArrayRef<int64_t> values);
  llvm::Constant *writeArgument(const Parameter &parameter, bool isResult);

  llvm::Module &module;
  llvm::LLVMContext &context;
  llvm::Type *pointer, *i32, *i64;
};

} // namespace mlir::attn

#endif // ATTN_CODEGEN_CPU_KERNELDESCRIPTION_H
