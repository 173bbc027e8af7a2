/* attn_compiler.h: what the runtime library asks of the compiler library.
 *
 * libattn exports these functions; libattn_runtime opens it when text is compiled that the cache does not hold, and finds them
 * by name. Both speak plain C, so that neither has to be built with the other.
 */
#ifndef ATTN_COMPILER_H
#define ATTN_COMPILER_H

#include "runtime/attn_abi.h"

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The version of the functions below; the runtime refuses a library with another. */
#define ATTNC_INTERFACE_VERSION 1

typedef struct attnc_result {
  const attn_kernel *kernel;     /* loaded and ready to run, valid until release(handle) */
  void *handle;                  /* owns the kernel's code */
  void (*release)(void *handle); /* unloads it; may be null if nothing has to be done */
  const void *image;             /* the same kernel as a shared object, for the on-disk cache; null: not to be cached */
  size_t image_size;             /* in bytes */
  char *error;                   /* what is wrong with the input, null on success */
} attnc_result;

/* Compiles `length` bytes of MLIR text (a terminating zero is not needed).
 *   entry   the function to compile; null: the only one of the text
 *   target  resolved, for example "x86-64-v4+avx512bf16", "sm_80" or, for the best that a GPU of this compute capability can run,
 *           "cuda-9.0"; never "host", never null
 * `result` is zero on entry. Returns 0 and fills kernel, handle, release and image; or another value and fills only `error`.
 * In both cases the runtime calls attnc_free_result once. Thread-safe; never throws, never exits. */
int attnc_compile(const char *text, size_t length, const char *entry, const char *target, attnc_result *result);

/* Frees `image` and `error`; leaves the kernel and its handle alone. */
void attnc_free_result(attnc_result *result);

/* The compiler's version, for people: "0.1.0 (LLVM 22.1.8)". */
const char *attnc_version(void);

/* ATTNC_INTERFACE_VERSION that the library was built with. */
int attnc_interface_version(void);

#ifdef __cplusplus
}
#endif
#endif /* ATTN_COMPILER_H */
