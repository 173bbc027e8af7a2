//===- Module.cpp - attn._attn, the C API in Python -----------------------===//

#include "python/Errors.h"
#include "python/Kernel.h"
#include "python/Tensors.h"

#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <optional>

namespace nb = nanobind;
using namespace nb::literals;
using namespace attnpy;

namespace {

/// One argument of a kernel, for people and tools.
struct Argument {
  std::string name, role, dtype, text;
  std::vector<nb::object> shape; ///< sizes, and names of those that may vary
};

} // namespace

static std::vector<Argument> argumentsOf(const Kernel &kernel) {
  static const char *const roles[] = {"input", "output", "scalar"};
  std::vector<Argument> arguments;
  for (int32_t arg = 0; arg < kernel.info().num_args; ++arg) {
    const attn_arg_info &info = kernel.info().args[arg];
    Argument argument{info.name, roles[info.role], dtypeName(info.dtype), kernel.describe(info), {}};
    for (int32_t d = 0; d < info.rank; ++d)
      argument.shape.push_back(info.shape[d] >= 0    ? nb::object(nb::int_(info.shape[d]))
                               : info.symbol[d] >= 0 ? nb::object(nb::str(kernel.info().symbols[info.symbol[d]]))
                                                     : nb::none());
    arguments.push_back(std::move(argument));
  }
  return arguments;
}

static Kernel *compile(nb::str text, std::optional<std::string> entry, std::optional<std::string> target) {
  Py_ssize_t length = 0;
  const char *utf8 = PyUnicode_AsUTF8AndSize(text.ptr(), &length);
  if (!utf8)
    nb::raise_python_error();
  const attn_kernel *kernel = nullptr;
  attn_status status;
  {
    nb::gil_scoped_release release;
    status = attn_compile(utf8, static_cast<size_t>(length), entry ? entry->c_str() : nullptr,
                          target ? target->c_str() : nullptr, &kernel);
  }
  check(status);
  if (target)
    return new Kernel(kernel);
  return new Kernel(kernel, Kernel::Source{std::string(utf8, static_cast<size_t>(length)), entry});
}

static Kernel *load(nb::object path, std::optional<std::string> name) {
  nb::object bytes;
  PyObject *encoded = nullptr;
  if (!PyUnicode_FSConverter(path.ptr(), &encoded))
    nb::raise_python_error();
  bytes = nb::steal(encoded);
  const attn_kernel *kernel = nullptr;
  check(attn_load(PyBytes_AsString(bytes.ptr()), name ? name->c_str() : nullptr, &kernel));
  return new Kernel(kernel);
}

NB_MODULE(_attn, module) {
  defineErrors(module);

  nb::class_<Argument>(module, "Argument", "One argument of a kernel.")
      .def_ro("name", &Argument::name)
      .def_ro("role", &Argument::role, "'input', 'output' or 'scalar'")
      .def_ro("dtype", &Argument::dtype, "'f32', 'bf16', 'f16', 'f64', 'i32' or 'i64'")
      .def_prop_ro(
          "shape", [](const Argument &argument) { return nb::tuple(nb::cast(argument.shape)); },
          "sizes; a string names a size that may vary, and equal names are equal sizes")
      .def("__repr__", [](const Argument &argument) { return argument.text; });

  nb::class_<Kernel>(module, "Kernel", "A compiled description: call it on tensors.")
      .def("__call__", &Kernel::call,
           "Runs the kernel on NumPy arrays, PyTorch tensors, or whatever has DLPack, without copying them.\n\n"
           "Inputs and scalars are given in the order, or by the names, of the description. `out` takes the output, or a tuple "
           "of\n"
           "outputs, to be written to; outputs that are not given are made by the framework of the first tensor. Strides are "
           "free, but\n"
           "the last dimension must be contiguous. Tensors that require gradients are refused while gradients are recorded.\n\n"
           "On a GPU the kernel is queued on PyTorch's current stream of the tensors' device (the default stream for tensors of\n"
           "others), and the call returns before it has run; it may be captured into a CUDA graph.")
      .def_prop_ro("name", [](const Kernel &kernel) { return kernel.info().name; })
      .def_prop_ro(
          "target", [](const Kernel &kernel) { return kernel.info().target; }, "what it was compiled for")
      .def_prop_ro(
          "compiler", [](const Kernel &kernel) { return kernel.info().compiler; }, "the version that compiled it")
      .def_prop_ro("arguments", argumentsOf, "its inputs and scalars, then its outputs")
      .def("__repr__", [](const Kernel &kernel) { return kernel.describe(); });

  module.def("compile", compile, "text"_a, "entry"_a = nb::none(), "target"_a = nb::none(),
             "Compiles the function `entry` (or the only one) of a description, or takes it from the cache.\n\n"
             "`target` is 'host', 'x86-64', 'x86-64-v3', 'x86-64-v4' or 'x86-64-v4+avx512bf16', or for GPUs 'sm_80', 'sm_90a',\n"
             "'cuda' or 'cuda:1' (the best for that GPU). Without it the kernel is the best for this CPU and, once it is called on\n"
             "tensors of a GPU, compiled for that GPU as well.");
  module.def("load", load, "path"_a, "name"_a = nb::none(), "Opens the kernel `name` (or the only one) of a bundle.");
  module.def(
      "get_num_threads", getNumThreads,
      "How many threads run a kernel: what was set, else ATTN_NUM_THREADS, else PyTorch's number where it is loaded, else the\n"
      "number of CPUs.");
  module.def("set_num_threads", setNumThreads, "threads"_a, "Sets how many threads run a kernel.");
  module.def("host_target", attn_host_target, "The best target for this CPU, or ATTN_TARGET.");
  module.def("last_warning", attn_last_warning,
             "What the last compile of this thread had to do without, such as the cache; '' if nothing.");
  module.attr("__version__") = attn_version();
}
