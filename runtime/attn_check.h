/* attn_check.h: does an argument block fit a kernel?
 *
 * The one place that knows the rules, for the runtime library and for the check function inside every bundle. Hence plain C
 * without any library: it is compiled into kernels as well.
 */
#ifndef ATTN_CHECK_H
#define ATTN_CHECK_H

#include "runtime/attn_abi.h"

/* No tensor may claim more elements than a 47-bit address space holds, so that products of sizes cannot overflow in a kernel.
 */
#define ATTN_MAX_ELEMENTS ((int64_t)1 << 47)

/* Messages are rare: their code is kept out of line and small. */
#define ATTN_COLD static __attribute__((noinline, cold, unused))

/* Text that is cut off, never overrun, when it does not fit. */
typedef struct attn_message {
  char *text;
  int64_t capacity;
  int64_t length;
} attn_message;

ATTN_COLD void attn_put_text(attn_message *message, const char *text) {
  for (; *text && message->length + 1 < message->capacity; ++text)
    message->text[message->length++] = *text;
  if (message->length < message->capacity)
    message->text[message->length] = 0;
}

ATTN_COLD void attn_put_number(attn_message *message, int64_t number) {
  char digits[24];
  int position = 23;
  uint64_t rest = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;
  digits[position] = 0;
  do
    digits[--position] = (char)('0' + rest % 10);
  while (rest /= 10);
  if (number < 0)
    digits[--position] = '-';
  attn_put_text(message, digits + position);
}

ATTN_COLD void attn_put_argument(attn_message *message, const attn_arg_info *info) {
  attn_put_text(message, "argument '");
  attn_put_text(message, info->name);
  attn_put_text(message, "': ");
}

ATTN_COLD int attn_put_mismatch(attn_message *message, const char *what, int64_t expected, int64_t got) {
  attn_put_text(message, what);
  attn_put_text(message, "expected ");
  attn_put_number(message, expected);
  attn_put_text(message, ", but got ");
  attn_put_number(message, got);
  return 1;
}

static inline int64_t attn_dtype_bytes(int32_t dtype) {
  return dtype == ATTN_BF16 || dtype == ATTN_F16 ? 2 : dtype == ATTN_F64 || dtype == ATTN_I64 ? 8 : 4;
}

/* How many words the arguments before `arg` take; with arg = num_args, all of them. */
static inline int64_t attn_words_before(const attn_kernel *kernel, int32_t arg) {
  int64_t words = 0;
  for (int32_t i = 0; i < arg; ++i)
    words += kernel->args[i].role == ATTN_SCALAR ? 1 : (int64_t)(sizeof(attn_view) / sizeof(int64_t));
  return words;
}

/* The first word of argument `arg` in the block. */
static inline const int64_t *attn_block_words(const attn_kernel *kernel, const void *block, int32_t arg) {
  return (const int64_t *)block + attn_words_before(kernel, arg);
}

/* The size that the first tensor dimension with this symbol has; `arg` receives the tensor. Inputs come first in the block, so
 * outputs take their sizes from inputs. -1 if no argument before `end` has the symbol. */
static inline int64_t attn_symbol_size(const attn_kernel *kernel, const void *block, int32_t symbol, int32_t end,
                                       int32_t *arg) {
  for (int32_t i = 0; i < end; ++i)
    for (int32_t d = 0; d < kernel->args[i].rank; ++d)
      if (kernel->args[i].symbol[d] == symbol && kernel->args[i].shape[d] < 0) {
        *arg = i;
        return ((const attn_view *)attn_block_words(kernel, block, i))->shape[d];
      }
  return -1;
}

static inline int attn_check_sizes(const attn_kernel *kernel, const void *block, int32_t arg, attn_message *message) {
  const attn_arg_info *info = &kernel->args[arg];
  const attn_view *view = (const attn_view *)attn_block_words(kernel, block, arg);
  int64_t elements = 1;
  for (int32_t d = 0; d < info->rank; ++d) {
    int64_t size = view->shape[d], expected = info->shape[d];
    int32_t other = arg;
    if (expected < 0 && info->symbol[d] >= 0)
      expected = attn_symbol_size(kernel, block, info->symbol[d], arg + 1, &other);
    if (size < 0 || size > ATTN_MAX_ELEMENTS || (expected >= 0 && size != expected)) {
      attn_put_argument(message, info);
      attn_put_text(message, "dimension ");
      attn_put_number(message, d);
      if (size < 0 || size > ATTN_MAX_ELEMENTS) {
        attn_put_text(message, ": expected a size from 0 to 2^47, but got ");
        attn_put_number(message, size);
        return 1;
      }
      attn_put_mismatch(message, ": ", expected, size);
      if (info->shape[d] < 0) {
        attn_put_text(message, " (");
        attn_put_text(message, kernel->symbols[info->symbol[d]]);
        attn_put_text(message, ", as in '");
        attn_put_text(message, kernel->args[other].name);
        attn_put_text(message, "')");
      }
      return 1;
    }
    if (__builtin_mul_overflow(elements, size ? size : 1, &elements) || elements > ATTN_MAX_ELEMENTS) {
      attn_put_argument(message, info);
      attn_put_text(message, "expected at most 2^47 elements, but its sizes make more");
      return 1;
    }
  }
  return 0;
}

/* Whether two elements of the view may share an address. Exact for every view made by slicing and permuting a dense tensor. */
static inline int attn_overlaps_itself(const attn_view *view, int32_t rank) {
  int64_t reach = 0; /* largest offset within the dimensions seen so far, the ones with smaller strides */
  uint32_t seen = 0;
  for (int32_t n = 0; n < rank; ++n) {
    int32_t next = -1;
    int64_t smallest = 0;
    for (int32_t d = 0; d < rank; ++d) {
      int64_t stride = view->strides[d] < 0 ? -view->strides[d] : view->strides[d];
      if (view->shape[d] > 1 && !(seen & 1u << d) && (next < 0 || stride < smallest)) {
        next = d;
        smallest = stride;
      }
    }
    if (next < 0)
      return 0;
    if (smallest <= reach)
      return 1;
    seen |= 1u << next;
    reach += smallest * (view->shape[next] - 1);
  }
  return 0;
}

static inline int attn_check_memory(const attn_kernel *kernel, const void *block, int32_t arg, attn_message *message) {
  const attn_arg_info *info = &kernel->args[arg];
  const attn_view *view = (const attn_view *)attn_block_words(kernel, block, arg);
  int64_t reach = 0;
  for (int32_t d = 0; d < info->rank; ++d)
    if (view->shape[d] == 0)
      return 0;
  for (int32_t d = 0; d < info->rank; ++d) {
    int64_t stride = view->strides[d], span;
    if (view->shape[d] <= 1)
      continue;
    if (d == info->rank - 1 && stride != 1) {
      attn_put_argument(message, info);
      return attn_put_mismatch(message, "stride of the last dimension: ", 1, stride);
    }
    if (stride == INT64_MIN || __builtin_mul_overflow(stride < 0 ? -stride : stride, view->shape[d] - 1, &span) ||
        __builtin_add_overflow(reach, span, &reach) || reach > ATTN_MAX_ELEMENTS) {
      attn_put_argument(message, info);
      attn_put_text(message, "its strides reach further than an address space does");
      return 1;
    }
  }
  if (!view->data) {
    attn_put_argument(message, info);
    attn_put_text(message, "expected data, but got a null pointer");
    return 1;
  }
  if ((uintptr_t)view->data % (uintptr_t)attn_dtype_bytes(info->dtype)) {
    attn_put_argument(message, info);
    attn_put_text(message, "its data is not aligned to the element size");
    return 1;
  }
  if (info->role == ATTN_OUTPUT && attn_overlaps_itself(view, info->rank)) {
    attn_put_argument(message, info);
    attn_put_text(message, "an output must not overlap itself: each element needs an address of its own");
    return 1;
  }
  return 0;
}

/* The largest value that elements of an integer tensor may have, -1 if any value is valid; `symbol` receives the symbol that
 * says so, -1 if it is a number. */
static inline int64_t attn_value_limit(const attn_kernel *kernel, const void *block, int32_t arg, int32_t *symbol) {
  const attn_arg_info *info = &kernel->args[arg];
  int64_t size;
  int32_t other = 0;
  *symbol = -1;
  if (info->dtype != ATTN_I32 && info->dtype != ATTN_I64)
    return -1;
  if (info->value_bound < 0)
    return info->value_limit;
  size = attn_symbol_size(kernel, block, info->value_bound, kernel->num_args, &other);
  if (info->value_limit >= 0 && info->value_limit <= size)
    return info->value_limit;
  *symbol = info->value_bound;
  return size;
}

/* Elements of an integer tensor (lengths and the like) lie in [0, limit]. */
static inline int attn_check_elements(const attn_kernel *kernel, const void *block, int32_t arg, attn_message *message) {
  const attn_arg_info *info = &kernel->args[arg];
  const attn_view *view = (const attn_view *)attn_block_words(kernel, block, arg);
  int64_t index[ATTN_MAX_RANK], value, offset;
  int32_t symbol, d;
  int64_t limit = attn_value_limit(kernel, block, arg, &symbol);
  if (limit < 0)
    return 0;
  /* One by one: an initialiser would become a call of memset, and there is no library. */
  for (d = 0; d < ATTN_MAX_RANK; ++d)
    index[d] = 0;
  for (d = 0; d < info->rank; ++d)
    if (view->shape[d] == 0)
      return 0;
  do {
    for (offset = 0, d = 0; d < info->rank; ++d)
      offset += index[d] * view->strides[d];
    value = info->dtype == ATTN_I32 ? ((const int32_t *)view->data)[offset] : ((const int64_t *)view->data)[offset];
    if (value < 0 || value > limit) {
      attn_put_argument(message, info);
      attn_put_text(message, "element (");
      for (d = 0; d < info->rank; ++d) {
        attn_put_text(message, d ? ", " : "");
        attn_put_number(message, index[d]);
      }
      attn_put_text(message, "): expected a value from 0 to ");
      attn_put_number(message, limit);
      if (symbol >= 0) {
        attn_put_text(message, " (");
        attn_put_text(message, kernel->symbols[symbol]);
        attn_put_text(message, ")");
      }
      attn_put_text(message, ", but got ");
      attn_put_number(message, value);
      return 1;
    }
    for (d = info->rank - 1; d >= 0 && ++index[d] == view->shape[d]; --d)
      index[d] = 0;
  } while (d >= 0);
  return 0;
}

static inline int attn_check_scalar(const attn_kernel *kernel, const void *block, int32_t arg, attn_message *message) {
  const attn_arg_info *info = &kernel->args[arg];
  const int64_t *word = attn_block_words(kernel, block, arg);
  int positive, finite = 1;
  if (info->value_rule == ATTN_ANY_VALUE)
    return 0;
  if (info->dtype == ATTN_F32 || info->dtype == ATTN_F64) {
    double value = info->dtype == ATTN_F64 ? *(const double *)word : (double)*(const float *)word;
    finite = value - value == 0;
    positive = info->value_rule == ATTN_POSITIVE ? value > 0 : value >= 0;
  } else {
    positive = info->value_rule == ATTN_POSITIVE ? *word > 0 : *word >= 0;
  }
  if (positive && finite)
    return 0;
  attn_put_argument(message, info);
  attn_put_text(message, info->value_rule == ATTN_POSITIVE ? "expected a finite number above zero"
                                                           : "expected a finite number, not below zero");
  if (info->dtype == ATTN_I32 || info->dtype == ATTN_I64) {
    attn_put_text(message, ", but got ");
    attn_put_number(message, *word);
  }
  return 1;
}

/* Whether the argument block breaks a rule that can be told without looking at the tensors' elements, which may lie on a device:
 * sizes (static ones, and equal ones for equal symbols), strides, pointers, scalars. 0 if it fits; else 1, and a message that
 * names the argument and the rule is written to `text`, `capacity` bytes at most. */
static inline int attn_check_views(const attn_kernel *kernel, const void *block, char *text, int64_t capacity) {
  attn_message message = {text, capacity, 0};
  for (int32_t arg = 0; arg < kernel->num_args; ++arg) {
    int wrong = kernel->args[arg].role == ATTN_SCALAR
                    ? attn_check_scalar(kernel, block, arg, &message)
                    : attn_check_sizes(kernel, block, arg, &message) || attn_check_memory(kernel, block, arg, &message);
    if (wrong)
      return 1;
  }
  return 0;
}

/* The same, and the elements of integer tensors (lengths) too. */
static inline int attn_check_block(const attn_kernel *kernel, const void *block, char *text, int64_t capacity) {
  attn_message message = {text, capacity, 0};
  if (attn_check_views(kernel, block, text, capacity))
    return 1;
  for (int32_t arg = 0; arg < kernel->num_args; ++arg)
    if (kernel->args[arg].role == ATTN_INPUT && attn_check_elements(kernel, block, arg, &message))
      return 1;
  return 0;
}

#endif /* ATTN_CHECK_H */
