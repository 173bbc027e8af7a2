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
    SmallVector<attn_value> values = toValues(arguments, results);
    if (attn_launch(kernel, values.data(), values.size()))
      return reportError(attn_last_error());
    return success();
  }

  std::string getTarget() const override { return kernel->target; }

protected:
  /// What a launch takes: arguments, then results.
  SmallVector<attn_value> toValues(const Arguments &arguments, ArrayRef<HostTensor> results) const {
    SmallVector<attn_value> values;
    for (const auto &[index, value] : llvm::enumerate(arguments.values))
      values.push_back(value.tensor ? toValue(*value.tensor) : toScalar(index, value.number));
    for (const HostTensor &result : results)
      values.push_back(toValue(result));
    return values;
  }

  const attn_kernel *kernel;

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
};

/// A kernel on a GPU, with copies of all tensors there. A run is a launch that is waited for; copies are no part of it.
class GpuKernel : public CompiledKernel {
public:
  GpuKernel(const attn_kernel *kernel, int device) : CompiledKernel(kernel), device(device) {}
  ~GpuKernel() override {
    for (void *copy : copies)
      attn_gpu_release(device, copy);
  }

  LogicalResult prepare(const Arguments &arguments, ArrayRef<HostTensor> results) override {
    values = toValues(arguments, results);
    SmallVector<const HostTensor *> tensors;
    for (const ArgumentValue &value : arguments.values)
      tensors.push_back(value.tensor ? &*value.tensor : nullptr);
    for (const HostTensor &result : results)
      tensors.push_back(&result);
    for (auto [value, tensor] : llvm::zip_equal(values, tensors)) {
      if (!tensor)
        continue;
      void *copy = nullptr;
      if (attn_gpu_allocate(device, tensor->getNumBytes(), &copy))
        return reportError(attn_last_error());
      copies.push_back(copy);
      value.as.tensor.data = copy;
      if (attn_gpu_copy_to(device, copy, tensor->getData(), tensor->getNumBytes()))
        return reportError(attn_last_error());
    }
    return success();
  }

  LogicalResult run(const Arguments &arguments, MutableArrayRef<HostTensor> results) override {
    if (attn_launch_gpu(kernel, values.data(), values.size(), device, nullptr, nullptr, 0) || attn_gpu_wait(device))
      return reportError(attn_last_error());
    return success();
  }

  LogicalResult fetch(MutableArrayRef<HostTensor> results) override {
    for (auto [value, result] : llvm::zip_equal(ArrayRef(values).take_back(results.size()), results))
      if (attn_gpu_copy_from(device, result.getData(), value.as.tensor.data, result.getNumBytes()))
        return reportError(attn_last_error());
    return success();
  }

private:
  const int device;
  SmallVector<attn_value> values;
  SmallVector<void *> copies;
};

} // namespace

FailureOr<std::unique_ptr<Kernel>> Kernel::create(Description &description, StringRef target, unsigned threads) {
  if (target == "reference")
    return std::unique_ptr<Kernel>(std::make_unique<ReferenceKernel>(description.entry, threads));
  if (threads && attn_set_num_threads(threads))
    return reportError(attn_last_error());
  // The GPU is looked for first: without one there is no need to compile.
  int device = 0, count = 0;
  bool isForGpu = target.starts_with("sm_") || target.starts_with("cuda");
  if (isForGpu && attn_gpu_count(&count))
    return reportError(attn_last_error());
  if (StringRef number = target; number.consume_front("cuda:"))
    number.consumeInteger(10, device);
  std::string entry = description.entry.getName().str();
  const attn_kernel *kernel = nullptr;
  if (attn_compile(description.text.data(), description.text.size(), entry.c_str(), target.str().c_str(), &kernel))
    return reportError(attn_last_error());
  if (StringRef warning = attn_last_warning(); !warning.empty())
    llvm::errs() << "warning: " << warning << "\n";
  if (isForGpu)
    return std::unique_ptr<Kernel>(std::make_unique<GpuKernel>(kernel, device));
  return std::unique_ptr<Kernel>(std::make_unique<CompiledKernel>(kernel));
}

SmallVector<reference::Array> attn::toArrays(func::FuncOp function, const Arguments &arguments) {
  SmallVector<reference::Array> arrays;
  for (auto [value, type] : llvm::zip_equal(arguments.values, function.getArgumentTypes()))
    arrays.push_back(value.tensor ? value.tensor->toArray() : reference::Array::scalar(type, value.number));
  return arrays;
}
