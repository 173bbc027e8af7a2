//===- Arguments.cpp - from a caller's values to an argument block --------===//

#include "runtime/Arguments.h"
#include "runtime/Status.h"
#include "runtime/attn_check.h"

#include <algorithm>
#include <cstring>

using namespace attnrt;

const char *attnrt::dtypeName(int32_t dtype) {
  static const char *const names[] = {"f32", "bf16", "f16", "f64", "i32", "i64"};
  return dtype >= ATTN_F32 && dtype <= ATTN_I64 ? names[dtype] : "unknown";
}

static attn_status refuse(const attn_arg_info &info, const std::string &expected, const std::string &got) {
  return fail(ATTN_INVALID_ARGUMENT, "argument '" + std::string(info.name) + "': expected " + expected + ", but got " + got);
}

static std::string kindName(const attn_value &value) {
  switch (value.kind) {
  case ATTN_TENSOR:
    return "a tensor";
  case ATTN_INTEGER:
    return "the integer " + std::to_string(value.as.integer);
  case ATTN_NUMBER:
    return "the number " + std::to_string(value.as.number);
  }
  return "a value of unknown kind " + std::to_string(value.kind);
}

static attn_status packTensor(const attn_arg_info &info, const attn_value &value, int64_t *words) {
  if (value.kind != ATTN_TENSOR)
    return refuse(info, "a tensor of " + std::string(dtypeName(info.dtype)), kindName(value));
  const attn_tensor &tensor = value.as.tensor;
  if (tensor.dtype != info.dtype)
    return refuse(info, "element type " + std::string(dtypeName(info.dtype)), dtypeName(tensor.dtype));
  if (tensor.rank != info.rank)
    return refuse(info, "rank " + std::to_string(info.rank), std::to_string(tensor.rank));
  attn_view view = {tensor.data, {}, {}};
  for (int32_t d = 0; d < tensor.rank; ++d) {
    view.shape[d] = tensor.shape[d];
    // The stride of a dimension of size 1 means nothing; callers pass all sorts of numbers.
    view.strides[d] = tensor.shape[d] > 1 ? tensor.strides[d] : d == tensor.rank - 1 ? 1 : 0;
  }
  std::memcpy(words, &view, sizeof view);
  return ATTN_OK;
}

static attn_status packScalar(const attn_arg_info &info, const attn_value &value, int64_t *word) {
  if (info.dtype == ATTN_I32 || info.dtype == ATTN_I64) {
    if (value.kind != ATTN_INTEGER)
      return refuse(info, "an integer", kindName(value));
    if (info.dtype == ATTN_I32 && value.as.integer != static_cast<int32_t>(value.as.integer))
      return refuse(info, "a 32-bit integer", std::to_string(value.as.integer));
    *word = value.as.integer;
    return ATTN_OK;
  }
  if (value.kind != ATTN_INTEGER && value.kind != ATTN_NUMBER)
    return refuse(info, "a number", kindName(value));
  double number = value.kind == ATTN_NUMBER ? value.as.number : static_cast<double>(value.as.integer);
  float narrow = static_cast<float>(number);
  *word = 0;
  if (info.dtype == ATTN_F64)
    std::memcpy(word, &number, sizeof number);
  else
    std::memcpy(word, &narrow, sizeof narrow);
  return ATTN_OK;
}

attn_status attnrt::packArguments(const attn_kernel *kernel, const attn_value *values, int32_t count, ArgumentSet set,
                                  ArgumentBlock &block) {
  if (!kernel)
    return fail(ATTN_INVALID_ARGUMENT, "expected a kernel, but got a null pointer");
  if (count != kernel->num_args)
    return fail(ATTN_INVALID_ARGUMENT, "kernel '" + std::string(kernel->name) + "': expected " +
                                           std::to_string(kernel->num_args) + " arguments, but got " + std::to_string(count));
  block.assign(attn_words_before(kernel, count), 0);
  attn_status status = ATTN_OK;
  int64_t *words = block.data();
  for (int32_t arg = 0; arg < count && status == ATTN_OK; ++arg) {
    const attn_arg_info &info = kernel->args[arg];
    if (info.role == ATTN_SCALAR)
      status = packScalar(info, values[arg], words);
    else if (info.role == ATTN_INPUT || set == ArgumentSet::All)
      status = packTensor(info, values[arg], words);
    words += info.role == ATTN_SCALAR ? 1 : sizeof(attn_view) / sizeof(int64_t);
  }
  return status;
}

attn_status attnrt::checkDistinct(const attn_kernel *kernel, const attn_value *values) {
  for (int32_t out = 0; out < kernel->num_args; ++out) {
    if (kernel->args[out].role != ATTN_OUTPUT || !values[out].as.tensor.data)
      continue;
    for (int32_t other = 0; other < kernel->num_args; ++other) {
      bool counts = other != out && kernel->args[other].role != ATTN_SCALAR;
      if (counts && values[other].as.tensor.data == values[out].as.tensor.data)
        return fail(ATTN_INVALID_ARGUMENT, "argument '" + std::string(kernel->args[out].name) +
                                               "': an output must not overlap '" + kernel->args[other].name +
                                               "', but both begin at the same address");
    }
  }
  return ATTN_OK;
}

extern "C" attn_status attn_infer_outputs(const attn_kernel *kernel, attn_value *values, int32_t count) {
  return guarded([&] {
    thread_local ArgumentBlock block;
    if (attn_status status = packArguments(kernel, values, count, ArgumentSet::Inputs, block))
      return status;
    char text[512];
    attn_message message = {text, sizeof text, 0};
    for (int32_t arg = 0; arg < count; ++arg)
      if (kernel->args[arg].role == ATTN_INPUT && attn_check_sizes(kernel, block.data(), arg, &message))
        return fail(ATTN_INVALID_ARGUMENT, text);
    for (int32_t arg = 0; arg < count; ++arg) {
      const attn_arg_info &info = kernel->args[arg];
      if (info.role != ATTN_OUTPUT)
        continue;
      int64_t shape[ATTN_MAX_RANK];
      for (int32_t d = 0; d < info.rank; ++d) {
        int32_t source = 0;
        shape[d] = info.shape[d] >= 0 ? info.shape[d] : attn_symbol_size(kernel, block.data(), info.symbol[d], arg, &source);
        if (shape[d] < 0)
          return refuse(info, "a size that follows from the inputs", "dimension " + std::to_string(d) + " without one");
      }
      values[arg] = attn_dense(nullptr, static_cast<attn_dtype>(info.dtype), info.rank, shape);
    }
    return ATTN_OK;
  });
}
