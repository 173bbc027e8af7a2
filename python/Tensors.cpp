//===- Tensors.cpp - Python's tensors, seen without copying ---------------===//

#include "python/Tensors.h"
#include "python/Errors.h"
#include "python/Frameworks.h"

#include <cstring>

namespace nb = nanobind;
using namespace nb::literals;
using namespace attnpy;

const char *attnpy::dtypeName(int32_t dtype) {
  static const char *const names[kNumDtypes] = {"f32", "bf16", "f16", "f64", "i32", "i64"};
  return dtype >= 0 && dtype < kNumDtypes ? names[dtype] : "unknown";
}

std::string attnpy::placeName(int device) { return device == kHost ? "the CPU" : "cuda:" + std::to_string(device); }

static std::string text(nb::handle object) { return nb::str(object).c_str(); }

static std::string typeName(nb::handle object) { return nb::type_name(object.type()).c_str(); }

static nb::object attribute(nb::handle object, const char *name) {
  return nb::steal(PyObject_GetAttrString(object.ptr(), name));
}

static void checkRank(const attn_arg_info &info, int64_t rank) {
  if (rank != info.rank)
    refuse(info, "rank " + std::to_string(info.rank), std::to_string(rank));
}

static std::string elementType(const attn_arg_info &info) { return std::string("element type ") + dtypeName(info.dtype); }

BorrowedTensor::~BorrowedTensor() {
  if (buffer.obj)
    PyBuffer_Release(&buffer);
}

void BorrowedTensor::borrow(nb::handle object, const attn_arg_info &info) {
  tensor.dtype = info.dtype;
  tensor.rank = info.rank;
  if (!borrowTorch(object, info) && !borrowBuffer(object, info) && !borrowDLPack(object, info))
    refuse(info, "a NumPy array, a PyTorch tensor or an object with DLPack", typeName(object));
}

/// A tuple's integers, `count` of which are wanted.
static void readTuple(nb::handle tuple, int64_t *numbers, int32_t count) {
  for (int32_t d = 0; d < count; ++d)
    numbers[d] = PyLong_AsLongLong(PyTuple_GetItem(tuple.ptr(), d));
  if (PyErr_Occurred())
    nb::raise_python_error();
}

bool BorrowedTensor::borrowTorch(nb::handle object, const attn_arg_info &info) {
  const Torch *torch = Torch::get();
  if (!torch || !torch->isTensor(object))
    return false;
  framework = Framework::PyTorch;
  nb::object dtype = object.attr("dtype"), shape = object.attr("shape");
  if (object.attr("is_cpu").is(Py_True))
    device = kHost;
  else if (object.attr("is_cuda").is(Py_True))
    device = nb::cast<int>(object.attr("get_device")());
  else
    refuse(info, "a tensor on the CPU or a GPU", "one on " + text(object.attr("device")));
  if (!dtype.is(torch->dtypes[info.dtype]))
    refuse(info, elementType(info), text(dtype));
  checkRank(info, PyTuple_Size(shape.ptr()));
  if (object.attr("requires_grad").is(Py_True) && torch->isGradEnabled().is(Py_True))
    refuse(info, "a tensor that does not require gradients",
           "one that does, and there is no backward pass yet: call within torch.no_grad(), or pass tensor.detach()");
  readTuple(shape, tensor.shape, info.rank);
  readTuple(object.attr("stride")(), tensor.strides, info.rank);
  tensor.data = PyLong_AsVoidPtr(object.attr("data_ptr")().ptr());
  return true;
}

/// The element type of a buffer's format, in native byte order; -1 if no kernel has it.
static int32_t dtypeOfFormat(const char *format, Py_ssize_t itemSize) {
  if (!format)
    return -1;
  if (*format == '@' || *format == '=' || *format == '<')
    ++format;
  if (std::strlen(format) != 1)
    return -1;
  switch (*format) {
  case 'f':
    return ATTN_F32;
  case 'e':
    return ATTN_F16;
  case 'd':
    return ATTN_F64;
  case 'i':
  case 'l':
  case 'q':
    return itemSize == 8 ? ATTN_I64 : ATTN_I32;
  }
  return -1;
}

void BorrowedTensor::setStrides(const attn_arg_info &info, const Py_ssize_t *shape, const Py_ssize_t *strides,
                                Py_ssize_t itemSize) {
  for (int32_t d = 0; d < info.rank; ++d) {
    if (shape[d] > 1 && strides[d] % itemSize)
      refuse(info, "strides of whole elements (" + std::to_string(itemSize) + " bytes)", std::to_string(strides[d]) + " bytes");
    tensor.shape[d] = shape[d];
    tensor.strides[d] = strides[d] / itemSize;
  }
}

bool BorrowedTensor::borrowBuffer(nb::handle object, const attn_arg_info &info) {
  if (!PyObject_CheckBuffer(object.ptr()))
    return false;
  nb::object dtype = attribute(object, "dtype");
  PyErr_Clear();
  // NumPy cannot export the bfloat16 of ml_dtypes: its bits as integers can be.
  bool isBf16 = false;
  nb::object bits = nb::borrow(object);
  if (dtype.is_valid() && info.dtype == ATTN_BF16) {
    isBf16 = text(dtype) == "bfloat16";
    if (!isBf16)
      refuse(info, elementType(info), text(dtype) + " (for bf16 take ml_dtypes.bfloat16 or PyTorch tensors)");
    bits = object.attr("view")("uint16");
  }
  if (PyObject_GetBuffer(bits.ptr(), &buffer, PyBUF_STRIDES | PyBUF_FORMAT | (info.role == ATTN_OUTPUT ? PyBUF_WRITABLE : 0))) {
    PyErr_Clear();
    refuse(info, info.role == ATTN_OUTPUT ? "an array that can be written to" : elementType(info),
           dtype.is_valid() ? (info.role == ATTN_OUTPUT ? "a read-only one of " : "") + text(dtype) : typeName(object));
  }
  if (!isBf16 && dtypeOfFormat(buffer.format, buffer.itemsize) != info.dtype)
    refuse(info, elementType(info),
           dtype.is_valid() ? text(dtype) : "format '" + std::string(buffer.format ? buffer.format : "B") + "'");
  checkRank(info, buffer.ndim);
  setStrides(info, buffer.shape, buffer.strides, buffer.itemsize);
  tensor.data = buffer.buf;
  return true;
}

static int32_t dtypeOfDLPack(nb::dlpack::dtype type) {
  const nb::dlpack::dtype known[kNumDtypes] = {
      {uint8_t(nb::dlpack::dtype_code::Float), 32, 1}, {uint8_t(nb::dlpack::dtype_code::Bfloat), 16, 1},
      {uint8_t(nb::dlpack::dtype_code::Float), 16, 1}, {uint8_t(nb::dlpack::dtype_code::Float), 64, 1},
      {uint8_t(nb::dlpack::dtype_code::Int), 32, 1},   {uint8_t(nb::dlpack::dtype_code::Int), 64, 1}};
  for (int dtype = 0; dtype < kNumDtypes; ++dtype)
    if (type == known[dtype])
      return dtype;
  return -1;
}

bool BorrowedTensor::borrowDLPack(nb::handle object, const attn_arg_info &info) {
  if (!nb::hasattr(object, "__dlpack__"))
    return false;
  if (info.role == ATTN_OUTPUT) {
    nb::ndarray<> writable;
    if (!nb::try_cast(object, writable))
      refuse(info, "a tensor that can be written to", typeName(object));
    imported = nb::ndarray<nb::ro>(writable);
  } else if (!nb::try_cast(object, imported)) {
    return false;
  }
  if (imported.device_type() == nb::device::cuda::value)
    device = imported.device_id();
  else if (imported.device_type() != nb::device::cpu::value)
    refuse(info, "a tensor on the CPU or a GPU", "one on another device");
  if (int32_t dtype = dtypeOfDLPack(imported.dtype()); dtype != info.dtype)
    refuse(info, elementType(info), dtypeName(dtype));
  checkRank(info, static_cast<int64_t>(imported.ndim()));
  for (int32_t d = 0; d < info.rank; ++d) {
    tensor.shape[d] = static_cast<int64_t>(imported.shape(d));
    tensor.strides[d] = imported.stride(d);
  }
  tensor.data = const_cast<void *>(imported.data());
  return true;
}

nb::object attnpy::allocate(Framework framework, int device, const attn_tensor &like, const attn_arg_info &info) {
  nb::object shape = nb::steal(PyTuple_New(like.rank));
  for (int32_t d = 0; d < like.rank; ++d)
    PyTuple_SET_ITEM(shape.ptr(), d, PyLong_FromLongLong(like.shape[d]));
  if (framework == Framework::PyTorch && device == kHost)
    return Torch::get()->empty(shape, "dtype"_a = Torch::get()->dtypes[like.dtype]);
  if (framework == Framework::PyTorch)
    return Torch::get()->empty(shape, "dtype"_a = Torch::get()->dtypes[like.dtype], "device"_a = placeName(device).c_str());
  if (device != kHost)
    refuse(info, "a tensor to write to in `out`, as only PyTorch makes tensors on a GPU here", "none");
  const nb::object &dtype = NumPy::get().dtypes[like.dtype];
  if (!dtype.is_valid())
    refuse(info, "a way to make a bf16 array", "NumPy without ml_dtypes: install it, or pass PyTorch tensors");
  return NumPy::get().empty(shape, dtype);
}

int attnpy::torchThreads() {
  const Torch *torch = Torch::get();
  return torch ? nb::cast<int>(torch->getNumThreads()) : 0;
}
