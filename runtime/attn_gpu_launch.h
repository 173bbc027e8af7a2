/* attn_gpu_launch.h: launches the kernels of a family through the CUDA driver.
 *
 * Written once for the runtime library and for the C launcher of every bundle (which holds a copy of this text): C99 and C++, the
 * C library and the dynamic loader. The driver is opened when it is first needed; no header of CUDA is used.
 *
 * All functions return an attn_gpu_status and write a message on failure. None keeps state: the caller owns the driver, the
 * modules, and the locks around them. A launch allocates nothing and waits for nothing, so that streams can be captured.
 */
#ifndef ATTN_GPU_LAUNCH_H
#define ATTN_GPU_LAUNCH_H

#include "attn_gpu_abi.h"

#include <dlfcn.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Where messages go. */
typedef struct attn_gpu_error {
  char *text;
  size_t capacity;
} attn_gpu_error;

struct attn_gpu_launch_config;

/* The functions of the driver, by the names and types of its C interface. */
typedef struct attn_gpu_driver {
  void *library;
  int (*init)(unsigned flags);
  int (*error_string)(int result, const char **text);
  int (*device_count)(int *count);
  int (*device_get)(int *device, int ordinal);
  int (*device_attribute)(int *value, int attribute, int device);
  int (*context_retain)(void **context, int device);
  int (*context_push)(void *context);
  int (*context_pop)(void **context);
  int (*module_load)(void **module, const void *image, unsigned count, int *options, void **values);
  int (*module_unload)(void *module);
  int (*module_function)(void **function, void *module, const char *name);
  int (*function_attribute)(void *function, int attribute, int value);
  int (*pointer_attributes)(unsigned count, int *attributes, void **values, uint64_t pointer);
  int (*launch)(void *function, unsigned grid_x, unsigned grid_y, unsigned grid_z, unsigned block_x, unsigned block_y, unsigned block_z,
                unsigned shared_bytes, void *stream, void **parameters, void **extra);
  int (*capture_mode)(int *mode);
  /* Drivers before CUDA 12 have no tensor maps: null. */
  int (*encode_tiled)(void *map, int type, uint32_t rank, void *address, const uint64_t *sizes, const uint64_t *strides, const uint32_t *box,
                      const uint32_t *element_strides, int interleave, int swizzle, int promotion, int fill);
  /* Nor can they launch with attributes. */
  int (*launch_with)(const struct attn_gpu_launch_config *config, void *function, void **parameters, void **extra);
} attn_gpu_driver;

/* CUlaunchAttribute and CUlaunchConfig of the driver's interface. */
typedef struct attn_gpu_launch_attribute {
  int id;
  int padding;
  union {
    int number;
    char bytes[64];
  } value;
} attn_gpu_launch_attribute;

typedef struct attn_gpu_launch_config {
  unsigned grid[3], block[3], shared_bytes;
  void *stream;
  attn_gpu_launch_attribute *attributes;
  unsigned num_attributes;
} attn_gpu_launch_config;

/* A family on one device. */
typedef struct attn_gpu_module {
  const attn_gpu_family *family;
  const attn_gpu_target *target;
  int ordinal;
  int multiprocessors;
  void *context; /* the device's primary one, which is kept for as long as the process lives */
  void *module;
  void *functions[ATTN_GPU_MAX_KERNELS];
} attn_gpu_module;

/* Numbers of the driver's interface. */
enum {
  ATTN_CU_MULTIPROCESSORS = 16, /* CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT */
  ATTN_CU_MAJOR = 75,           /* CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR */
  ATTN_CU_MINOR = 76,
  ATTN_CU_JIT_LOG = 5, /* CU_JIT_ERROR_LOG_BUFFER */
  ATTN_CU_JIT_LOG_BYTES = 6,
  ATTN_CU_SHARED_BYTES = 8, /* CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES */
  ATTN_CU_MEMORY_TYPE = 2,  /* CU_POINTER_ATTRIBUTE_MEMORY_TYPE */
  ATTN_CU_IS_MANAGED = 8,
  ATTN_CU_DEVICE_ORDINAL = 9,
  ATTN_CU_ON_DEVICE = 2,       /* CU_MEMORYTYPE_DEVICE */
  ATTN_CU_CAPTURE_RELAXED = 2, /* CU_STREAM_CAPTURE_MODE_RELAXED */
  ATTN_CU_OUT_OF_MEMORY = 2,   /* CUDA_ERROR_OUT_OF_MEMORY */
  ATTN_CU_F16 = 6,             /* CU_TENSOR_MAP_DATA_TYPE_FLOAT16 */
  ATTN_CU_BF16 = 9,
  ATTN_CU_SWIZZLE_128B = 3,
  ATTN_CU_L2_256B = 3,
  ATTN_CU_LAUNCH_PROGRAMMATIC = 6 /* CU_LAUNCH_ATTRIBUTE_PROGRAMMATIC_STREAM_SERIALIZATION */
};

/* A block may have this much shared memory without asking for more. */
#define ATTN_GPU_PLAIN_SHARED_BYTES (48 * 1024)

#if defined(__GNUC__)
__attribute__((format(printf, 3, 4)))
#endif
static int attn_gpu_fail(const attn_gpu_error *error, int status, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  if (error->capacity)
    vsnprintf(error->text, error->capacity, format, arguments);
  va_end(arguments);
  return status;
}

static const char *attn_gpu_describe(const attn_gpu_driver *driver, int result) {
  const char *text = NULL;
  return driver->error_string(result, &text) || !text ? "unknown error" : text;
}

static int attn_gpu_refused(const attn_gpu_driver *driver, int result, const char *name, const char *what, const attn_gpu_error *error) {
  return attn_gpu_fail(error, result == ATTN_CU_OUT_OF_MEMORY ? ATTN_GPU_OUT_OF_MEMORY : ATTN_GPU_LAUNCH_ERROR,
                       "kernel '%s': cannot %s: the CUDA driver reports error %d, %s", name, what, result, attn_gpu_describe(driver, result));
}

/* ---- driver ---- */

/* Opens the driver: the library that ATTN_CUDA_DRIVER names, else libcuda.so.1. */
static int attn_gpu_open(attn_gpu_driver *driver, const attn_gpu_error *error) {
  static const struct {
    const char *name;
    size_t place;
    int required;
  } functions[] = {
      {"cuInit", offsetof(attn_gpu_driver, init), 1},
      {"cuGetErrorString", offsetof(attn_gpu_driver, error_string), 1},
      {"cuDeviceGetCount", offsetof(attn_gpu_driver, device_count), 1},
      {"cuDeviceGet", offsetof(attn_gpu_driver, device_get), 1},
      {"cuDeviceGetAttribute", offsetof(attn_gpu_driver, device_attribute), 1},
      {"cuDevicePrimaryCtxRetain", offsetof(attn_gpu_driver, context_retain), 1},
      {"cuCtxPushCurrent_v2", offsetof(attn_gpu_driver, context_push), 1},
      {"cuCtxPopCurrent_v2", offsetof(attn_gpu_driver, context_pop), 1},
      {"cuModuleLoadDataEx", offsetof(attn_gpu_driver, module_load), 1},
      {"cuModuleUnload", offsetof(attn_gpu_driver, module_unload), 1},
      {"cuModuleGetFunction", offsetof(attn_gpu_driver, module_function), 1},
      {"cuFuncSetAttribute", offsetof(attn_gpu_driver, function_attribute), 1},
      {"cuPointerGetAttributes", offsetof(attn_gpu_driver, pointer_attributes), 1},
      {"cuLaunchKernel", offsetof(attn_gpu_driver, launch), 1},
      {"cuThreadExchangeStreamCaptureMode", offsetof(attn_gpu_driver, capture_mode), 1},
      {"cuTensorMapEncodeTiled", offsetof(attn_gpu_driver, encode_tiled), 0},
      {"cuLaunchKernelEx", offsetof(attn_gpu_driver, launch_with), 0},
  };
  const char *chosen = getenv("ATTN_CUDA_DRIVER"), *path = chosen && *chosen ? chosen : "libcuda.so.1", *problem;
  size_t index;
  int result;
  memset(driver, 0, sizeof *driver);
  driver->library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (!driver->library) {
    problem = dlerror();
    return attn_gpu_fail(error, ATTN_GPU_NO_DEVICE, "no NVIDIA GPU can be used: cannot open the CUDA driver (ATTN_CUDA_DRIVER names it): %s",
                         problem ? problem : path);
  }
  for (index = 0; index < sizeof functions / sizeof *functions; ++index) {
    void *symbol = dlsym(driver->library, functions[index].name);
    if (!symbol && functions[index].required) {
      dlclose(driver->library);
      return attn_gpu_fail(error, ATTN_GPU_NO_DEVICE, "no NVIDIA GPU can be used: '%s' has no function %s; a driver of CUDA 11 or newer is needed",
                           path, functions[index].name);
    }
    memcpy((char *)driver + functions[index].place, &symbol, sizeof symbol);
  }
  result = driver->init(0);
  if (result) {
    attn_gpu_fail(error, ATTN_GPU_NO_DEVICE, "no NVIDIA GPU can be used: the CUDA driver reports error %d, %s", result,
                  attn_gpu_describe(driver, result));
    dlclose(driver->library);
    return ATTN_GPU_NO_DEVICE;
  }
  return ATTN_GPU_OK;
}

/* The driver's handle of device number `ordinal`, and its compute capability: 80 for 8.0. */
static int attn_gpu_find_device(const attn_gpu_driver *driver, int ordinal, int *device, int *capability, const attn_gpu_error *error) {
  int count = 0, major = 0, minor = 0;
  int result = driver->device_count(&count);
  if (!result && (ordinal < 0 || ordinal >= count))
    return attn_gpu_fail(error, ATTN_GPU_NO_DEVICE, "expected a GPU from 0 to %d, but got %d", count - 1, ordinal);
  if (!result)
    result = driver->device_get(device, ordinal);
  if (!result)
    result = driver->device_attribute(&major, ATTN_CU_MAJOR, *device);
  if (!result)
    result = driver->device_attribute(&minor, ATTN_CU_MINOR, *device);
  if (result)
    return attn_gpu_fail(error, ATTN_GPU_NO_DEVICE, "GPU %d: the CUDA driver reports error %d, %s", ordinal, result,
                         attn_gpu_describe(driver, result));
  *capability = 10 * major + minor;
  return ATTN_GPU_OK;
}

/* ---- modules ---- */

static int attn_gpu_runs_ptx(const attn_gpu_target *target, int capability) {
  return target->ptx && (target->exact ? capability == target->capability : capability >= target->capability);
}

static int attn_gpu_runs_cubin(const attn_gpu_target *target, int capability) {
  return target->cubin &&
         (target->exact ? capability == target->capability : capability >= target->capability && capability / 10 == target->capability / 10);
}

static const attn_gpu_target *attn_gpu_choose_target(const attn_gpu_family *family, int capability) {
  int32_t index = family->num_targets;
  while (index-- > 0)
    if (attn_gpu_runs_ptx(&family->targets[index], capability) || attn_gpu_runs_cubin(&family->targets[index], capability))
      return &family->targets[index];
  return NULL;
}

static int attn_gpu_find_functions(const attn_gpu_driver *driver, attn_gpu_module *module, const attn_gpu_error *error) {
  const char *name = module->family->kernel.name;
  int32_t index;
  for (index = 0; index < module->target->num_kernels; ++index) {
    const attn_gpu_kernel *kernel = &module->target->kernels[index];
    int result = driver->module_function(&module->functions[index], module->module, kernel->symbol);
    if (result)
      return attn_gpu_fail(error, ATTN_GPU_NOT_A_KERNEL, "kernel '%s': its code has no %s: the CUDA driver reports error %d, %s", name,
                           kernel->symbol, result, attn_gpu_describe(driver, result));
    if (kernel->shared_bytes <= ATTN_GPU_PLAIN_SHARED_BYTES)
      continue;
    result = driver->function_attribute(module->functions[index], ATTN_CU_SHARED_BYTES, (int)kernel->shared_bytes);
    if (result)
      return attn_gpu_fail(error, ATTN_GPU_UNSUPPORTED,
                           "kernel '%s': GPU %d does not offer %lld bytes of shared memory: the CUDA driver reports error %d, %s", name,
                           module->ordinal, (long long)kernel->shared_bytes, result, attn_gpu_describe(driver, result));
  }
  return ATTN_GPU_OK;
}

/* Loads one image and finds the kernels in it. The driver may look at an image only when the first kernel is asked for. */
static int attn_gpu_try_image(const attn_gpu_driver *driver, attn_gpu_module *module, const void *image, int is_ptx, const attn_gpu_error *error) {
  int result, status, options[] = {ATTN_CU_JIT_LOG, ATTN_CU_JIT_LOG_BYTES};
  char log[512] = "";
  void *values[] = {log, (void *)(uintptr_t)sizeof log};
  result = driver->module_load(&module->module, image, is_ptx ? 2 : 0, is_ptx ? options : NULL, is_ptx ? values : NULL);
  if (!result) {
    status = attn_gpu_find_functions(driver, module, error);
    if (status)
      driver->module_unload(module->module);
    return status;
  }
  log[sizeof log - 1] = 0;
  log[strcspn(log, "\n")] = 0;
  return attn_gpu_fail(error, result == ATTN_CU_OUT_OF_MEMORY ? ATTN_GPU_OUT_OF_MEMORY : ATTN_GPU_NOT_A_KERNEL,
                       "kernel '%s': the CUDA driver refuses the %s for %s: error %d, %s%s%s", module->family->kernel.name, is_ptx ? "PTX" : "cubin",
                       module->target->name, result, attn_gpu_describe(driver, result), log[0] ? ": " : "", log);
}

/* The code of the chosen target: the cubin if it fits and the driver takes it, else the PTX. */
static int attn_gpu_load_image(const attn_gpu_driver *driver, attn_gpu_module *module, int capability, const attn_gpu_error *error) {
  int status = ATTN_GPU_NOT_A_KERNEL;
  if (attn_gpu_runs_cubin(module->target, capability))
    status = attn_gpu_try_image(driver, module, module->target->cubin, 0, error);
  if (status && attn_gpu_runs_ptx(module->target, capability))
    status = attn_gpu_try_image(driver, module, module->target->ptx, 1, error);
  return status;
}

static int attn_gpu_check_family(const attn_gpu_family *family, const attn_gpu_error *error) {
  int32_t target, kernel;
  if (family->gpu_abi_version != ATTN_GPU_ABI_VERSION)
    return attn_gpu_fail(error, ATTN_GPU_NOT_A_KERNEL, "kernel '%s': expected GPU kernels of ABI version %d, but got %d", family->kernel.name,
                         ATTN_GPU_ABI_VERSION, (int)family->gpu_abi_version);
  for (target = 0; target < family->num_targets; ++target) {
    const attn_gpu_target *one = &family->targets[target];
    int fits = one->num_kernels <= ATTN_GPU_MAX_KERNELS && one->num_stages <= ATTN_MAX_STAGES;
    for (kernel = 0; fits && kernel < one->num_kernels; ++kernel)
      fits = one->kernels[kernel].num_maps <= ATTN_GPU_MAX_MAPS && one->kernels[kernel].alignment > 0;
    if (!fits)
      return attn_gpu_fail(error, ATTN_GPU_NOT_A_KERNEL, "kernel '%s': its description for %s is damaged", family->kernel.name, one->name);
  }
  return ATTN_GPU_OK;
}

/* Loads the family on device number `ordinal`. */
static int attn_gpu_load(const attn_gpu_driver *driver, const attn_gpu_family *family, int ordinal, attn_gpu_module *module,
                         const attn_gpu_error *error) {
  int device = 0, capability = 0, result, status, mode = ATTN_CU_CAPTURE_RELAXED;
  void *popped;
  memset(module, 0, sizeof *module);
  status = attn_gpu_check_family(family, error);
  if (!status)
    status = attn_gpu_find_device(driver, ordinal, &device, &capability, error);
  if (status)
    return status;
  module->family = family;
  module->ordinal = ordinal;
  module->target = attn_gpu_choose_target(family, capability);
  if (!module->target)
    return attn_gpu_fail(
        error, ATTN_GPU_UNSUPPORTED, "kernel '%s': it was compiled for %s%s and does not run on GPU %d, which is of compute capability %d.%d",
        family->kernel.name, family->kernel.target, family->num_targets > 1 ? " and others" : "", ordinal, capability / 10, capability % 10);
  result = driver->device_attribute(&module->multiprocessors, ATTN_CU_MULTIPROCESSORS, device);
  if (!result)
    result = driver->context_retain(&module->context, device);
  if (!result)
    result = driver->context_push(module->context);
  if (result)
    return attn_gpu_refused(driver, result, family->kernel.name, "use the GPU", error);
  /* Loading is no work of a stream: it must not disturb one that is being captured. */
  driver->capture_mode(&mode);
  status = attn_gpu_load_image(driver, module, capability, error);
  driver->capture_mode(&mode);
  driver->context_pop(&popped);
  return status;
}

/* ---- operands ---- */

static int64_t attn_gpu_element_bytes(int32_t dtype) {
  return dtype == ATTN_BF16 || dtype == ATTN_F16 ? 2 : dtype == ATTN_F64 || dtype == ATTN_I64 ? 8 : 4;
}

static const attn_view *attn_gpu_view(const attn_kernel *kernel, const void *block, int32_t argument) {
  int64_t words = 0;
  int32_t i;
  for (i = 0; i < argument; ++i)
    words += kernel->args[i].role == ATTN_SCALAR ? 1 : (int64_t)(sizeof(attn_view) / sizeof(int64_t));
  return (const attn_view *)(const void *)((const int64_t *)block + words);
}

static int attn_gpu_is_empty(const attn_arg_info *info, const attn_view *view) {
  int32_t d;
  for (d = 0; d < info->rank; ++d)
    if (view->shape[d] <= 0)
      return 1;
  return 0;
}

/* Whether all rows of all tensors of rank 4 begin at multiples of `alignment` bytes. */
static int attn_gpu_is_aligned(const attn_kernel *kernel, const void *block, int64_t alignment) {
  int32_t arg, d;
  for (arg = 0; arg < kernel->num_args; ++arg) {
    const attn_arg_info *info = &kernel->args[arg];
    const attn_view *view = attn_gpu_view(kernel, block, arg);
    if (info->role == ATTN_SCALAR || info->rank < 4 || attn_gpu_is_empty(info, view))
      continue;
    if ((int64_t)(uintptr_t)view->data % alignment)
      return 0;
    for (d = 0; d < info->rank - 1; ++d)
      if (view->shape[d] > 1 && view->strides[d] * attn_gpu_element_bytes(info->dtype) % alignment)
        return 0;
  }
  return 1;
}

/* Tensors must lie in memory that the device reaches: a launch on others would end the context for everybody in the process. */
static int attn_gpu_check_places(const attn_gpu_driver *driver, const attn_gpu_module *module, const void *block, const attn_gpu_error *error) {
  const attn_kernel *kernel = &module->family->kernel;
  int attributes[] = {ATTN_CU_MEMORY_TYPE, ATTN_CU_IS_MANAGED, ATTN_CU_DEVICE_ORDINAL};
  int32_t arg;
  for (arg = 0; arg < kernel->num_args; ++arg) {
    const attn_arg_info *info = &kernel->args[arg];
    const attn_view *view = attn_gpu_view(kernel, block, arg);
    unsigned type = 0, managed = 0;
    int ordinal = -1, result;
    void *values[] = {&type, &managed, &ordinal};
    if (info->role == ATTN_SCALAR || attn_gpu_is_empty(info, view))
      continue;
    result = driver->pointer_attributes(3, attributes, values, (uint64_t)(uintptr_t)view->data);
    if (result || !type)
      return attn_gpu_fail(error, ATTN_GPU_INVALID_ARGUMENT, "argument '%s': expected memory of GPU %d, but got memory that no GPU knows", info->name,
                           module->ordinal);
    if (type == ATTN_CU_ON_DEVICE && !(managed & 0xff) && ordinal != module->ordinal)
      return attn_gpu_fail(error, ATTN_GPU_INVALID_ARGUMENT, "argument '%s': expected memory of GPU %d, but got memory of GPU %d", info->name,
                           module->ordinal, ordinal);
  }
  return ATTN_GPU_OK;
}

/* Makes one tensor map (see attn_gpu_abi.h); 0 if it cannot be made. `map` has 128 bytes, aligned to 64. */
static int attn_gpu_encode(const attn_gpu_driver *driver, const attn_kernel *kernel, const void *block, const attn_gpu_map *wanted, void *map) {
  const attn_arg_info *info = &kernel->args[wanted->argument];
  const attn_view *view = attn_gpu_view(kernel, block, wanted->argument);
  const int64_t *shape = view->shape, *strides = view->strides, bytes = 2, group = wanted->group, step = wanted->step;
  const int64_t phase = wanted->phase < 0 ? 0 : wanted->phase;
  int64_t rows = (shape[2] - phase + step - 1) / step, size[5], stride[4];
  uint64_t sizes[5], places[4];
  uint32_t box[5], ones[] = {1, 1, 1, 1, 1}, rank = group > 1 || wanted->phase < 0 ? 5 : 4, d = 0;
  if (!driver->encode_tiled || attn_gpu_is_empty(info, view) || rows <= 0 || (wanted->phase < 0 && shape[2] % step))
    return 0;
  size[0] = shape[3], box[0] = (uint32_t)wanted->box_columns;
  if (group > 1)
    stride[d] = strides[1], size[++d] = group, box[d] = (uint32_t)group;
  else if (wanted->phase < 0)
    stride[d] = strides[2], size[++d] = step, box[d] = 1;
  stride[d] = step * strides[2], size[++d] = rows, box[d] = (uint32_t)(wanted->box_rows / group);
  stride[d] = group * strides[1], size[++d] = shape[1] / group, box[d] = 1;
  stride[d] = strides[0], size[++d] = shape[0], box[d] = 1;
  for (d = 0; d < rank; ++d)
    sizes[d] = (uint64_t)size[d];
  for (d = 0; d + 1 < rank; ++d) {
    /* The stride of a dimension of size 1 means nothing to us, but the driver looks at it. */
    int64_t place = size[d + 1] > 1 ? stride[d] * bytes : (size[0] * bytes + 15) / 16 * 16;
    if (place <= 0 || place % 16)
      return 0;
    places[d] = (uint64_t)place;
  }
  if (((uintptr_t)view->data + (uintptr_t)(phase * strides[2] * bytes)) % 16)
    return 0;
  return !driver->encode_tiled(map, info->dtype == ATTN_F16 ? ATTN_CU_F16 : ATTN_CU_BF16, rank,
                               (char *)view->data + phase * strides[2] * bytes, sizes, places, box, ones, 0, ATTN_CU_SWIZZLE_128B,
                               ATTN_CU_L2_256B, 0);
}

/* ---- launch ---- */

/* How many tasks each stage has, and how much memory is needed, for arguments that fit. */
static void attn_gpu_plan(const attn_gpu_module *module, const void *block, attn_plan *plan) {
  memset(plan, 0, sizeof *plan);
  module->target->plan(block, plan);
}

typedef struct attn_gpu_maps {
#if defined(__GNUC__)
  __attribute__((aligned(64)))
#endif
  uint64_t words[ATTN_GPU_MAX_MAPS][16];
} attn_gpu_maps;

static int attn_gpu_make_maps(const attn_gpu_driver *driver, const attn_kernel *family, const void *block, const attn_gpu_kernel *kernel,
                              attn_gpu_maps *maps) {
  int32_t index;
  for (index = 0; index < kernel->num_maps; ++index)
    if (!attn_gpu_encode(driver, family, block, &kernel->maps[index], maps->words[index]))
      return 0;
  return 1;
}

/* Without attributes, or without a driver that knows them, a kernel waits for the one before it, which does no harm. */
static int attn_gpu_launch_kernel(const attn_gpu_driver *driver, void *function, const attn_gpu_kernel *kernel, unsigned grid, void *stream,
                                  void **parameters) {
  attn_gpu_launch_attribute attribute;
  attn_gpu_launch_config config;
  if (!kernel->is_dependent || !driver->launch_with)
    return driver->launch(function, grid, 1, 1, (unsigned)kernel->threads, 1, 1, (unsigned)kernel->shared_bytes, stream, parameters, NULL);
  memset(&attribute, 0, sizeof attribute);
  attribute.id = ATTN_CU_LAUNCH_PROGRAMMATIC;
  attribute.value.number = 1;
  memset(&config, 0, sizeof config);
  config.grid[0] = grid, config.grid[1] = config.grid[2] = 1;
  config.block[0] = (unsigned)kernel->threads, config.block[1] = config.block[2] = 1;
  config.shared_bytes = (unsigned)kernel->shared_bytes;
  config.stream = stream;
  config.attributes = &attribute;
  config.num_attributes = 1;
  return driver->launch_with(&config, function, parameters, NULL);
}

static int attn_gpu_launch_stage(const attn_gpu_driver *driver, const attn_gpu_module *module, const void *block, int32_t stage, int64_t tasks,
                                 void *stream, void *workspace, const attn_gpu_error *error) {
  const attn_gpu_target *target = module->target;
  attn_gpu_maps maps;
  int32_t index, map, count = 0, number = (int32_t)tasks;
  for (index = 0; index < target->num_kernels; ++index) {
    const attn_gpu_kernel *kernel = &target->kernels[index];
    void *parameters[3 + ATTN_GPU_MAX_MAPS];
    int64_t grid = tasks, most = (int64_t)kernel->persistent * module->multiprocessors;
    int result;
    if (kernel->stage != stage || !attn_gpu_is_aligned(&module->family->kernel, block, kernel->alignment) ||
        !attn_gpu_make_maps(driver, &module->family->kernel, block, kernel, &maps))
      continue;
    parameters[count++] = (void *)(uintptr_t)block;
    parameters[count++] = &workspace;
    if (kernel->persistent) {
      parameters[count++] = &number;
      grid = tasks < most ? tasks : most;
    }
    for (map = 0; map < kernel->num_maps; ++map)
      parameters[count++] = maps.words[map];
    result = attn_gpu_launch_kernel(driver, module->functions[index], kernel, (unsigned)grid, stream, parameters);
    return result ? attn_gpu_refused(driver, result, module->family->kernel.name, "launch", error) : ATTN_GPU_OK;
  }
  return attn_gpu_fail(error, ATTN_GPU_NOT_A_KERNEL, "kernel '%s': no code for stage %d takes these operands", module->family->kernel.name,
                       (int)stage);
}

/* Launches the stages of `plan`, which attn_gpu_plan made from `block`, on a stream of the module's device. */
static int attn_gpu_launch(const attn_gpu_driver *driver, const attn_gpu_module *module, const void *block, const attn_plan *plan, void *stream,
                           void *workspace, int64_t workspace_bytes, const attn_gpu_error *error) {
  const char *name = module->family->kernel.name;
  int32_t stage;
  int result, status = ATTN_GPU_OK, mode = ATTN_CU_CAPTURE_RELAXED;
  int64_t most = 0;
  void *popped;
  for (stage = 0; stage < module->target->num_stages; ++stage) {
    most = plan->tasks[stage] > most ? plan->tasks[stage] : most;
    if (plan->tasks[stage] > INT32_MAX)
      return attn_gpu_fail(error, ATTN_GPU_INVALID_ARGUMENT, "kernel '%s': expected sizes that make at most 2^31 - 1 tasks, but got %lld", name,
                           (long long)plan->tasks[stage]);
  }
  if (most == 0)
    return ATTN_GPU_OK;
  if (plan->workspace_bytes > 0 && (!workspace || workspace_bytes < plan->workspace_bytes || (uintptr_t)workspace % ATTN_BLOCK_ALIGNMENT))
    return attn_gpu_fail(error, ATTN_GPU_INVALID_ARGUMENT, "kernel '%s': expected a workspace of %lld bytes, aligned to %d, but got %lld bytes at %p",
                         name, (long long)plan->workspace_bytes, ATTN_BLOCK_ALIGNMENT, (long long)(workspace ? workspace_bytes : 0), workspace);
  result = driver->context_push(module->context);
  if (result)
    return attn_gpu_refused(driver, result, name, "use the GPU", error);
  /* Questions about pointers are no work of a stream: they must not disturb one that is being captured. */
  driver->capture_mode(&mode);
  status = attn_gpu_check_places(driver, module, block, error);
  for (stage = 0; stage < module->target->num_stages && !status; ++stage)
    if (plan->tasks[stage] > 0)
      status = attn_gpu_launch_stage(driver, module, block, stage, plan->tasks[stage], stream, workspace, error);
  driver->capture_mode(&mode);
  driver->context_pop(&popped);
  return status;
}

#endif /* ATTN_GPU_LAUNCH_H */
