//===- Tensors.h - Python's tensors, seen without copying -------*- C++ -*-===//
//
// Three ways lead to the memory of a tensor: PyTorch's attributes (DLPack costs it two microseconds), the buffer protocol
// (NumPy), and DLPack for all others.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_PYTHON_TENSORS_H
#define ATTN_PYTHON_TENSORS_H

#include "runtime/attn.h"

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>

#include <string>

namespace attnpy {

/// Who made a tensor, and so who makes the outputs.
enum class Framework { NumPy, PyTorch };

/// Stands for the CPU where a GPU's number is expected.
constexpr int kHost = -1;

/// "the CPU" or "cuda:0".
std::string placeName(int device);

/// "f32", "bf16", ...
const char *dtypeName(int32_t dtype);

/// The memory of one Python object, held until this is destroyed.
class BorrowedTensor {
public:
  BorrowedTensor() = default;
  BorrowedTensor(const BorrowedTensor &) = delete;
  ~BorrowedTensor();

  /// Looks at `object`, which is passed for `info`. Raises ArgumentError for what is not a tensor in the memory of the CPU or a GPU,
  /// has another element type or rank, cannot be written though it is an output, or requires gradients while they are being
  /// recorded.
  void borrow(nanobind::handle object, const attn_arg_info &info);

  attn_tensor tensor = {};
  Framework framework = Framework::NumPy;
  /// The number of the GPU whose memory it is, or kHost.
  int device = kHost;

private:
  bool borrowTorch(nanobind::handle object, const attn_arg_info &info);
  bool borrowBuffer(nanobind::handle object, const attn_arg_info &info);
  bool borrowDLPack(nanobind::handle object, const attn_arg_info &info);
  void setStrides(const attn_arg_info &info, const Py_ssize_t *shape, const Py_ssize_t *strides, Py_ssize_t itemSize);

  Py_buffer buffer = {};
  nanobind::ndarray<nanobind::ro> imported;
};

/// A new tensor with the dtype and shape of `like`, on the CPU or this GPU.
nanobind::object allocate(Framework framework, int device, const attn_tensor &like, const attn_arg_info &info);

/// torch.get_num_threads(); 0 if PyTorch is not loaded.
int torchThreads();

} // namespace attnpy

#endif // ATTN_PYTHON_TENSORS_H
