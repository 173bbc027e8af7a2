//===- Kernel.cpp - what is run -------------------------------------------===//

#include "tools/attn-run/Kernel.h"
#include "codegen/reference/Interpreter.h"
#include "runtime/attn.h"
#include "llvm/Support/raw_ostream.h"

#include <thread>

using namespace mlir;
using namespace mlir::attn;

namespace {

/// The float64 interpreter: no kernel, but it runs what no compiler has seen yet.
class ReferenceKernel : public Kernel {
public:
  ReferenceKernel(func::FuncOp function, unsigned threads) : function(function) {
    options.threads = threads ? threads : std::max(1u, std::thread::hardware_concurrency());
  }

  LogicalResult run(const Arguments &arguments, MutableArrayRef<HostTensor> results) override {
    FailureOr<SmallVector<reference::Array>> computed = reference::evaluate(function, toArrays(function, arguments), options);
    if (failed(computed))
      return failure();
    for (auto [result, array] : llvm::zip_equal(results, *computed))
      result.assign(array);
    return success();
  }

  std::string getTarget() const override { return "reference"; }

private:
  func::FuncOp function;
  reference::Options options;
};

/// A kernel of the runtime library.
class CompiledKernel : public Kernel {
public:
  explicit CompiledKernel(const attn_kernel *kernel) : kernel(kernel) {}
  ~CompiledKernel() override { attn_free(kernel); }

  LogicalResult run(const Arguments &arguments, MutableArrayRef<HostTensor> results) override {
    SmallVector<attn_value> values;
    for (const auto &[index, value] : llvm::enumerate(arguments.values))
      values.push_back(value.tensor ? toValue(*value.tensor) : toScalar(index, value.number));
    for (HostTensor &result : results)
      values.push_back(toValue(result));
    if (attn_launch(kernel, values.data(), values.size()))
      return reportError(attn_last_error());
    return success();
  }

  std::string getTarget() const override { return kernel->target; }

private:
  static attn_dtype getDtype(Type type) {
    if (type.isBF16() || type.isF16())
      return type.isBF16() ? ATTN_BF16 : ATTN_F16;
    if (isa<FloatType>(type))
      return type.isF64() ? ATTN_F64 : ATTN_F32;
    return type.isInteger(32) ? ATTN_I32 : ATTN_I64;
  }

  static attn_value toValue(const HostTensor &tensor) {
    return attn_dense(tensor.getData(), getDtype(tensor.getElementType()), tensor.getShape().size(), tensor.getShape().data());
  }

  attn_value toScalar(size_t index, double number) const {
    int32_t dtype = int64_t(index) < kernel->num_args ? kernel->args[index].dtype : int32_t(ATTN_F64);
    return dtype == ATTN_I32 || dtype == ATTN_I64 ? attn_integer(number) : attn_number(number);
  }

  const attn_kernel *kernel;
};

} // namespace

FailureOr<std::unique_ptr<Kernel>> Kernel::create(Description &description, StringRef target, unsigned threads) {
  if (target == "reference")
    return std::unique_ptr<Kernel>(std::make_unique<ReferenceKernel>(description.entry, threads));
  if (threads && attn_set_num_threads(threads))
    return reportError(attn_last_error());
  std::string entry = description.entry.getName().str();
  const attn_kernel *kernel = nullptr;
  if (attn_compile(description.text.data(), description.text.size(), entry.c_str(), target.str().c_str(), &kernel))
    return reportError(attn_last_error());
  if (StringRef warning = attn_last_warning(); !warning.empty())
    llvm::errs() << "warning: " << warning << "\n";
  return std::unique_ptr<Kernel>(std::make_unique<CompiledKernel>(kernel));
}

SmallVector<reference::Array> attn::toArrays(func::FuncOp function, const Arguments &arguments) {
  SmallVector<reference::Array> arrays;
  for (auto [value, type] : llvm::zip_equal(arguments.values, function.getArgumentTypes()))
    arrays.push_back(value.tensor ? value.tensor->toArray() : reference::Array::scalar(type, value.number));
  return arrays;
}
