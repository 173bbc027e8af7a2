//===- Frameworks.cpp - what is needed of PyTorch and NumPy ---------------===//

#include "python/Frameworks.h"

#include <nanobind/stl/string.h>
#include <string>

namespace nb = nanobind;
using namespace attnpy;

const Torch *Torch::get() {
  static const Torch *found = nullptr;
  if (found)
    return found;
  PyObject *module = PyDict_GetItemString(PyImport_GetModuleDict(), "torch");
  // While torch is being imported, its module is there, but not what is in it.
  if (!module || !PyObject_HasAttrString(module, "get_num_threads") || !PyObject_HasAttrString(module, "Tensor"))
    return nullptr;
  nb::handle torch(module);
  auto *created =
      new Torch{torch.attr("Tensor"), torch.attr("empty"), torch.attr("is_grad_enabled"), torch.attr("get_num_threads"), nb::borrow(torch), {}, {}};
  nb::object internals = torch.attr("_C");
  if (PyObject_HasAttrString(internals.ptr(), "_cuda_getCurrentRawStream"))
    created->getRawStream = internals.attr("_cuda_getCurrentRawStream");
  const char *const names[kNumDtypes] = {"float32", "bfloat16", "float16", "float64", "int32", "int64"};
  for (int dtype = 0; dtype < kNumDtypes; ++dtype)
    created->dtypes[dtype] = torch.attr(names[dtype]);
  return found = created;
}

bool Torch::isTensor(nb::handle object) const {
  return Py_TYPE(object.ptr()) == reinterpret_cast<PyTypeObject *>(tensorType.ptr()) ||
         PyObject_TypeCheck(object.ptr(), reinterpret_cast<PyTypeObject *>(tensorType.ptr()));
}

void *Torch::currentStream(int device) const {
  if (getRawStream.is_valid())
    return PyLong_AsVoidPtr(getRawStream(device).ptr());
  return PyLong_AsVoidPtr(nb::object(module.attr("cuda").attr("current_stream")(device).attr("cuda_stream")).ptr());
}

nb::object Torch::workspaceOfGraph(int device, int64_t bytes) const {
  if (!module.attr("cuda").attr("is_current_stream_capturing")().is(Py_True))
    return nb::object();
  return module.attr("zeros")(bytes, nb::arg("dtype") = module.attr("uint8"), nb::arg("device") = "cuda:" + std::to_string(device));
}

const NumPy &NumPy::get() {
  // Not a static initializer: its lock would be held while the import lets other threads of the interpreter run, and wait for
  // that lock.
  static const NumPy *found = nullptr;
  if (found)
    return *found;
  nb::module_ numpy = nb::module_::import_("numpy");
  auto *created = new NumPy{numpy.attr("empty"), {}};
  const char *const names[kNumDtypes] = {"float32", nullptr, "float16", "float64", "int32", "int64"};
  for (int dtype = 0; dtype < kNumDtypes; ++dtype)
    if (names[dtype])
      created->dtypes[dtype] = numpy.attr("dtype")(names[dtype]);
  if (PyObject *types = PyImport_ImportModule("ml_dtypes"))
    created->dtypes[ATTN_BF16] = numpy.attr("dtype")(nb::steal(types).attr("bfloat16"));
  else
    PyErr_Clear();
  return *(found = created);
}
