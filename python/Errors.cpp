//===- Errors.cpp - errors of the C API as Python exceptions --------------===//

#include "python/Errors.h"

namespace nb = nanobind;

/// Borrowed from the module, which lives as long as the interpreter.
static PyObject *error, *argumentError, *compileError;

static PyObject *define(nb::module_ &module, const char *name, const char *text, nb::object bases) {
  std::string qualified = std::string("attn.") + name;
  nb::object type = nb::steal(PyErr_NewExceptionWithDoc(qualified.c_str(), text, bases.ptr(), nullptr));
  if (!type.is_valid())
    nb::raise_python_error();
  module.attr(name) = type;
  return type.ptr();
}

void attnpy::defineErrors(nb::module_ &module) {
  error =
      define(module, "Error", "What attn reports: a file that is no kernel, a CPU that lacks an instruction set, and the like.",
             nb::borrow(PyExc_RuntimeError));
  argumentError = define(module, "ArgumentError", "An argument breaks a rule; the message names both.",
                         nb::make_tuple(nb::borrow(error), nb::borrow(PyExc_ValueError)));
  compileError = define(module, "CompileError", "A description is wrong; holds the compiler's messages.", nb::borrow(error));
}

void attnpy::raise(attn_status status, const std::string &message) {
  PyObject *type = status == ATTN_INVALID_ARGUMENT ? argumentError
                   : status == ATTN_COMPILE_ERROR  ? compileError
                   : status == ATTN_OUT_OF_MEMORY  ? PyExc_MemoryError
                                                   : error;
  PyErr_SetString(type, message.c_str());
  nb::raise_python_error();
}

void attnpy::refuse(const attn_arg_info &info, const std::string &expected, const std::string &got) {
  raise(ATTN_INVALID_ARGUMENT, "argument '" + std::string(info.name) + "': expected " + expected + ", but got " + got);
}
