//===- Kernel.cpp - a kernel as a Python callable -------------------------===//

#include "python/Kernel.h"
#include "python/Errors.h"
#include "python/Frameworks.h"
#include "runtime/attn_gpu_abi.h"

#include <cstdlib>
#include <cstring>
#include <memory>

namespace nb = nanobind;
using namespace attnpy;

[[noreturn]] static void refuseCall(const attn_kernel *kernel, const std::string &message) {
  raise(ATTN_INVALID_ARGUMENT, "kernel '" + std::string(kernel->name) + "': " + message);
}

static int countOutputs(const attn_kernel *kernel) {
  int count = 0;
  for (int32_t arg = 0; arg < kernel->num_args; ++arg)
    count += kernel->args[arg].role == ATTN_OUTPUT;
  return count;
}

static int32_t findInput(const attn_kernel *kernel, const char *name) {
  for (int32_t arg = 0; arg < kernel->num_args; ++arg)
    if (kernel->args[arg].role != ATTN_OUTPUT && !std::strcmp(kernel->args[arg].name, name))
      return arg;
  refuseCall(kernel, "it has no input named '" + std::string(name) + "'");
}

void Kernel::matchOutputs(nb::handle out, std::vector<nb::handle> &objects) const {
  if (out.is_none())
    return;
  int outputs = countOutputs(kernel);
  bool isSequence = PyTuple_Check(out.ptr()) || PyList_Check(out.ptr());
  Py_ssize_t given = isSequence ? PySequence_Size(out.ptr()) : 1;
  if (given != outputs)
    refuseCall(kernel, "out: expected " + std::to_string(outputs) + " outputs, but got " + std::to_string(given));
  int next = 0;
  for (int32_t arg = 0; arg < kernel->num_args; ++arg) {
    if (kernel->args[arg].role != ATTN_OUTPUT)
      continue;
    PyObject *object = PyTuple_Check(out.ptr())  ? PyTuple_GET_ITEM(out.ptr(), next)
                       : PyList_Check(out.ptr()) ? PyList_GET_ITEM(out.ptr(), next)
                                                 : out.ptr();
    objects[arg] = object == Py_None ? nullptr : object;
    ++next;
  }
}

std::vector<nb::handle> Kernel::matchArguments(nb::args args, nb::kwargs kwargs) const {
  std::vector<nb::handle> objects(kernel->num_args);
  size_t position = 0;
  for (int32_t arg = 0; arg < kernel->num_args && position < args.size(); ++arg)
    if (kernel->args[arg].role != ATTN_OUTPUT)
      objects[arg] = PyTuple_GET_ITEM(args.ptr(), position++);
  if (position < args.size())
    refuseCall(kernel, "expected " + std::to_string(position) + " inputs, but got " + std::to_string(args.size()));
  nb::handle out = Py_None;
  for (auto [key, value] : kwargs) {
    const char *name = nb::cast<const char *>(key);
    if (!std::strcmp(name, "out")) {
      out = value;
      continue;
    }
    nb::handle &object = objects[findInput(kernel, name)];
    if (object.is_valid())
      refuseCall(kernel, "input '" + std::string(name) + "' is given twice");
    object = value;
  }
  for (int32_t arg = 0; arg < kernel->num_args; ++arg)
    if (kernel->args[arg].role != ATTN_OUTPUT && !objects[arg].is_valid())
      refuseCall(kernel, "input '" + std::string(kernel->args[arg].name) + "' is missing");
  matchOutputs(out, objects);
  return objects;
}

static attn_value toScalar(nb::handle object, const attn_arg_info &info) {
  if (info.dtype == ATTN_I32 || info.dtype == ATTN_I64) {
    long long number = PyIndex_Check(object.ptr()) ? PyLong_AsLongLong(nb::steal(PyNumber_Index(object.ptr())).ptr()) : -1;
    if (PyErr_Occurred() || !PyIndex_Check(object.ptr())) {
      PyErr_Clear();
      refuse(info, "a 64-bit integer", nb::repr(object).c_str());
    }
    return attn_integer(number);
  }
  double number = PyFloat_AsDouble(object.ptr());
  if (PyErr_Occurred()) {
    PyErr_Clear();
    refuse(info, "a number", nb::repr(object).c_str());
  }
  return attn_number(number);
}

/// Set by attn.set_num_threads or ATTN_NUM_THREADS; until then launches use as many threads as PyTorch.
static bool threadsAreChosen = std::getenv("ATTN_NUM_THREADS") != nullptr;

/// Waits for a running launch, whose thread may need the interpreter.
static void changeThreads(int threads) {
  attn_status status;
  {
    nb::gil_scoped_release release;
    status = attn_set_num_threads(threads);
  }
  check(status);
}

static void followTorch() {
  if (threadsAreChosen)
    return;
  int threads = torchThreads();
  if (threads > 0 && threads != attn_get_num_threads())
    changeThreads(threads);
}

int attnpy::getNumThreads() {
  followTorch();
  return attn_get_num_threads();
}

void attnpy::setNumThreads(int threads) {
  changeThreads(threads);
  threadsAreChosen = true;
}

Kernel::~Kernel() {
  attn_free(kernel);
  for (auto [device, other] : compiled)
    attn_free(other);
}

int Kernel::findDevice(const BorrowedTensor *tensors, const std::vector<nb::handle> &objects) const {
  const attn_arg_info *first = nullptr;
  int device = kHost;
  for (int32_t arg = 0; arg < kernel->num_args; ++arg) {
    const attn_arg_info &info = kernel->args[arg];
    if (info.role == ATTN_SCALAR || !objects[arg].is_valid())
      continue;
    if (first && tensors[arg].device != device)
      refuse(info, "a tensor on " + placeName(device) + ", as '" + first->name + "' is", "one on " + placeName(tensors[arg].device));
    if (first)
      continue;
    first = &info;
    device = tensors[arg].device;
    bool isForGpu = attn_gpu_family_of(kernel);
    if (isForGpu && device == kHost)
      refuse(info, std::string("a tensor on a GPU, as the kernel is for ") + kernel->target, "one on the CPU");
    if (!isForGpu && device != kHost && !source)
      refuse(info, std::string("a tensor on the CPU, as the kernel is for ") + kernel->target, "one on " + placeName(device));
  }
  return device;
}

const attn_kernel *Kernel::kernelFor(int device) const {
  if (device == kHost || attn_gpu_family_of(kernel))
    return kernel;
  if (auto found = compiled.find(device); found != compiled.end())
    return found->second;
  const attn_kernel *made = nullptr;
  attn_status status;
  {
    nb::gil_scoped_release release;
    status =
        attn_compile(source->text.data(), source->text.size(), source->entry ? source->entry->c_str() : nullptr, placeName(device).c_str(), &made);
  }
  check(status);
  // Another thread may have been faster; it got the same kernel, one use of which is enough.
  if (!compiled.emplace(device, made).second)
    attn_free(made);
  return made;
}

/// Queues the kernel on the stream that the framework uses at the moment.
static attn_status launchOnGpu(const attn_kernel *kernel, const std::vector<attn_value> &values, Framework framework, int device) {
  const Torch *torch = framework == Framework::PyTorch ? Torch::get() : nullptr;
  const auto count = static_cast<int32_t>(values.size());
  void *stream = torch ? torch->currentStream(device) : nullptr, *workspace = nullptr;
  int64_t bytes = 0;
  attn_status status;
  {
    // The driver may have to compile.
    nb::gil_scoped_release release;
    status = attn_gpu_workspace_bytes(kernel, values.data(), count, device, &bytes);
  }
  if (status != ATTN_OK)
    return status;
  nb::object owned;
  if (bytes > 0 && torch)
    owned = torch->workspaceOfGraph(device, bytes);
  if (owned.is_valid())
    workspace = PyLong_AsVoidPtr(nb::object(owned.attr("data_ptr")()).ptr());
  nb::gil_scoped_release release;
  return attn_launch_gpu(kernel, values.data(), count, device, stream, workspace, workspace ? bytes : 0);
}

nb::object Kernel::call(nb::args args, nb::kwargs kwargs) const {
  std::vector<nb::handle> objects = matchArguments(args, kwargs);
  const int32_t count = kernel->num_args;
  std::vector<attn_value> values(count);
  auto tensors = std::make_unique<BorrowedTensor[]>(count);
  Framework framework = Framework::NumPy;
  bool sawTensor = false, makesOutputs = false;
  for (int32_t arg = 0; arg < count; ++arg) {
    const attn_arg_info &info = kernel->args[arg];
    if (info.role == ATTN_SCALAR) {
      values[arg] = toScalar(objects[arg], info);
    } else if (objects[arg].is_valid()) {
      tensors[arg].borrow(objects[arg], info);
      values[arg].as.tensor = tensors[arg].tensor;
      if (!sawTensor)
        framework = tensors[arg].framework;
      sawTensor = true;
    } else {
      makesOutputs = true;
    }
  }

  const int device = findDevice(tensors.get(), objects);

  std::vector<nb::object> made(count);
  if (makesOutputs) {
    std::vector<attn_value> inferred = values;
    check(attn_infer_outputs(kernel, inferred.data(), count));
    for (int32_t arg = 0; arg < count; ++arg) {
      if (kernel->args[arg].role != ATTN_OUTPUT || objects[arg].is_valid())
        continue;
      made[arg] = allocate(framework, device, inferred[arg].as.tensor, kernel->args[arg]);
      objects[arg] = made[arg];
      tensors[arg].borrow(made[arg], kernel->args[arg]);
      values[arg].as.tensor = tensors[arg].tensor;
    }
  }

  if (device != kHost) {
    check(launchOnGpu(kernelFor(device), values, framework, device));
  } else {
    followTorch();
    attn_status status;
    {
      nb::gil_scoped_release release;
      status = attn_launch(kernel, values.data(), count);
    }
    check(status);
  }

  nb::list results;
  for (int32_t arg = 0; arg < count; ++arg)
    if (kernel->args[arg].role == ATTN_OUTPUT)
      results.append(objects[arg]);
  return results.size() == 1 ? nb::object(results[0]) : nb::object(nb::tuple(results));
}

std::string Kernel::describe(const attn_arg_info &info) const {
  std::string text = std::string(info.name) + ": " + dtypeName(info.dtype);
  if (info.role == ATTN_SCALAR)
    return text;
  for (int32_t d = 0; d < info.rank; ++d) {
    text += d ? ", " : "[";
    text += info.shape[d] >= 0 ? std::to_string(info.shape[d]) : info.symbol[d] >= 0 ? kernel->symbols[info.symbol[d]] : "?";
  }
  return text + (info.rank ? "]" : "");
}

std::string Kernel::describe() const {
  std::string inputs, outputs;
  for (int32_t arg = 0; arg < kernel->num_args; ++arg) {
    std::string &list = kernel->args[arg].role == ATTN_OUTPUT ? outputs : inputs;
    list += (list.empty() ? "" : ", ") + describe(kernel->args[arg]);
  }
  return "<attn.Kernel " + std::string(kernel->name) + "(" + inputs + ") -> (" + outputs + ") for " + kernel->target + ">";
}
