/* attn.h: load, compile and launch attention kernels from C.
 *
 *   const attn_kernel *kernel;
 *   if (attn_load("mistral/mistral.so", NULL, &kernel)) { fprintf(stderr, "%s\n", attn_last_error()); exit(1); }
 *   int64_t q[] = {1, 32, 4096, 128}, kv[] = {1, 8, 4096, 128};
 *   attn_value args[] = {attn_dense(Q, ATTN_BF16, 4, q), attn_dense(K, ATTN_BF16, 4, kv), attn_dense(V, ATTN_BF16, 4, kv),
 *                        attn_dense(O, ATTN_BF16, 4, q)};
 *   if (attn_launch(kernel, args, 4)) ...
 *   attn_free(kernel);
 *
 * A kernel describes itself: attn_kernel (attn_abi.h) holds its name, target, symbols and arguments. The kernel of a bundle
 * that is linked into the program (NAME_kernel) can be launched too, without loading it.
 *
 * Every function may be called from any thread at any time. Functions that return attn_status return ATTN_OK or an error whose
 * message attn_last_error() gives; then no output was written.
 */
#ifndef ATTN_H
#define ATTN_H

#include "runtime/attn_abi.h"

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define ATTN_API __attribute__((visibility("default")))
#else
#define ATTN_API
#endif

typedef enum attn_status {
  ATTN_OK = 0,
  ATTN_INVALID_ARGUMENT = 1,   /* a call or an argument of a kernel breaks a rule */
  ATTN_CANNOT_READ = 2,        /* no such file, or no right to read it */
  ATTN_NOT_A_KERNEL = 3,       /* the file is damaged, of another ABI version, or does not hold the kernel */
  ATTN_UNSUPPORTED_TARGET = 4, /* this CPU or GPU lacks what the kernel was made for, or the target is unknown */
  ATTN_COMPILE_ERROR = 5,      /* the description is wrong */
  ATTN_NO_COMPILER = 6,        /* libattn was not found, or cannot be used */
  ATTN_OUT_OF_MEMORY = 7,
  ATTN_NO_DEVICE = 8,    /* no CUDA driver, no GPU, or none of this number */
  ATTN_LAUNCH_ERROR = 9, /* the CUDA driver refuses something; the message says what */
} attn_status;

/* The message of the last error of the calling thread; "" if there was none. Valid until the thread's next call. */
ATTN_API const char *attn_last_error(void);

/* What the last attn_compile of the calling thread had to do without, such as a cache that cannot be written; "" if nothing.
 * With ATTN_VERBOSE=1 it is also printed to standard error. */
ATTN_API const char *attn_last_warning(void);

/* Version of this library. */
ATTN_API const char *attn_version(void);

/* ---- kernels ---- */

/* Opens the kernel `name` of a bundle: the bundle's directory, or a shared object. `name` may be null if there is only one (a
 * shared object holds the kernel it is named after). */
ATTN_API attn_status attn_load(const char *path, const char *name, const attn_kernel **kernel);

/* Compiles `length` bytes of MLIR text, or takes the kernel from the cache.
 *   entry   the function to compile; null: the only one
 *   target  "x86-64", "x86-64-v3", "x86-64-v4", "x86-64-v4+avx512bf16"; null or "host": attn_host_target();
 *           "sm_80", ... for GPUs; "cuda", "cuda:1": the best of these for the GPU of that number, 0 or 1
 * The same text, entry and target give the same kernel as long as it is not freed. The cache lies in ATTN_CACHE_DIR, else in
 * $XDG_CACHE_HOME/attn, else in ~/.cache/attn; ATTN_CACHE_DIR= (empty) turns it off. The compiler, libattn.so, is expected
 * beside this library, or where ATTN_LIBRARY says. */
ATTN_API attn_status attn_compile(const char *text, size_t length, const char *entry, const char *target,
                                  const attn_kernel **kernel);

/* Gives a kernel back that attn_load or attn_compile returned; once for each time it was returned. Null is allowed. No launch
 * of it may be running; for launches on a GPU it waits. */
ATTN_API void attn_free(const attn_kernel *kernel);

/* The best target that this CPU can run; the environment variable ATTN_TARGET overrides it. */
ATTN_API const char *attn_host_target(void);

/* Whether this CPU can run kernels for `target`. False for names that are not targets. */
ATTN_API int attn_can_run(const char *target);

/* ---- launching ---- */

/* A strided tensor; strides count elements. The last dimension must be contiguous (stride 1, if its size is above 1). */
typedef struct attn_tensor {
  void *data;
  int32_t dtype; /* attn_dtype */
  int32_t rank;
  int64_t shape[ATTN_MAX_RANK];
  int64_t strides[ATTN_MAX_RANK];
} attn_tensor;

typedef enum attn_value_kind { ATTN_TENSOR = 0, ATTN_INTEGER = 1, ATTN_NUMBER = 2 } attn_value_kind;

/* What is passed for one argument. */
typedef struct attn_value {
  int32_t kind; /* attn_value_kind */
  union {
    attn_tensor tensor;
    int64_t integer;
    double number;
  } as;
} attn_value;

/* A dense tensor: the last dimension varies fastest. */
static inline attn_value attn_dense(void *data, attn_dtype dtype, int32_t rank, const int64_t *shape) {
  attn_value value = {ATTN_TENSOR, {{data, dtype, rank, {0}, {0}}}};
  int64_t stride = 1;
  for (int32_t d = rank < ATTN_MAX_RANK ? rank - 1 : ATTN_MAX_RANK - 1; d >= 0; --d) {
    value.as.tensor.shape[d] = shape[d];
    value.as.tensor.strides[d] = stride;
    stride = (int64_t)((uint64_t)stride * (uint64_t)(shape[d] > 0 ? shape[d] : 1));
  }
  return value;
}

static inline attn_value attn_integer(int64_t number) {
  attn_value value = {ATTN_INTEGER, {{0, 0, 0, {0}, {0}}}};
  value.as.integer = number;
  return value;
}

static inline attn_value attn_number(double number) {
  attn_value value = {ATTN_NUMBER, {{0, 0, 0, {0}, {0}}}};
  value.as.number = number;
  return value;
}

/* Computes the outputs from `count` = kernel->num_args values, of which the inputs and scalars are read and checked (data
 * pointers are not looked at). Each output becomes a dense tensor with its dtype, rank and sizes and no data: allocate, set
 * data, launch. */
ATTN_API attn_status attn_infer_outputs(const attn_kernel *kernel, attn_value *values, int32_t count);

/* Checks all `count` = kernel->num_args values (inputs, scalars, outputs in the order of kernel->args), runs the kernel on the
 * library's threads and the calling one, and returns when it is done. Outputs must not overlap inputs or one another. */
ATTN_API attn_status attn_launch(const attn_kernel *kernel, const attn_value *values, int32_t count);

/* ---- GPUs ---- */

/* A kernel for a GPU is loaded, described and freed like any other, also where there is no GPU, and launched with the functions
 * below. The CUDA driver is opened when one of them is first called: the library that ATTN_CUDA_DRIVER names, else libcuda.so.1.
 * GPUs have numbers from 0, as the driver gives them; work goes to a device's primary context, which the CUDA run time and
 * PyTorch use too. */

/* How many GPUs there are. ATTN_NO_DEVICE without a driver. */
ATTN_API attn_status attn_gpu_count(int *count);

/* Loads the kernel's code on a device, which the first launch there does otherwise: the machine code of the best target that the
 * device can run, else the driver compiles its PTX. Once for each device; other threads wait. */
ATTN_API attn_status attn_gpu_prepare(const attn_kernel *kernel, int device);

/* How many bytes of workspace attn_launch_gpu needs for these values; often 0. */
ATTN_API attn_status attn_gpu_workspace_bytes(const attn_kernel *kernel, const attn_value *values, int32_t count, int device,
                                              int64_t *bytes);

/* Checks the values as attn_launch does, except for the elements of integer tensors, and queues the kernel on `stream`, a CUstream
 * or cudaStream_t of the device (NULL: the default one). All tensors lie in memory of the device. It does not wait: errors of the
 * running kernel appear where the stream is waited for.
 *
 * `workspace` is device memory aligned to ATTN_BLOCK_ALIGNMENT whose first ATTN_GPU_COUNTER_BYTES bytes (attn_gpu_abi.h) are zero
 * before its first use; launches that may run at the same time need one each. A launch that brings it allocates nothing and waits
 * for nothing. With NULL the library keeps one for each stream; it cannot grow while the stream is captured into a graph
 * (ATTN_INVALID_ARGUMENT): launch once before. A kernel whose launch was captured stays on the device when it is freed. */
ATTN_API attn_status attn_launch_gpu(const attn_kernel *kernel, const attn_value *values, int32_t count, int device,
                                     void *stream, void *workspace, int64_t workspace_bytes);

/* Memory of a device for programs without CUDA's headers. The copies wait for all work of the device, as attn_gpu_wait does. */
ATTN_API attn_status attn_gpu_wait(int device);
ATTN_API attn_status attn_gpu_allocate(int device, int64_t bytes, void **memory);
ATTN_API attn_status attn_gpu_release(int device, void *memory);
ATTN_API attn_status attn_gpu_copy_to(int device, void *to, const void *from, int64_t bytes);
ATTN_API attn_status attn_gpu_copy_from(int device, void *to, const void *from, int64_t bytes);

/* ---- threads ---- */

/* How many threads work on a launch, the calling one included. At first ATTN_NUM_THREADS, else the number of CPUs that this
 * process may use. With 1, no thread is ever started. A launch that finds the threads busy with another one runs on its calling
 * thread alone. */
ATTN_API int attn_get_num_threads(void);

/* Waits for a running launch. ATTN_INVALID_ARGUMENT unless 1 <= threads <= 1024. */
ATTN_API attn_status attn_set_num_threads(int threads);

#ifdef __cplusplus
}
#endif
#endif /* ATTN_H */
