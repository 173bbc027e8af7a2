/* fake_cuda.c: stands in for libcuda.so.1 in tests.
 *
 * Nothing is computed: calls are checked (handles, a current context, sizes) and recorded in `fake_cuda_state`, which tests also use to make calls
 * fail. "Device memory" is the host's: it must be registered with fake_cuda_own, as cuMemAlloc does. An image is PTX if it begins with "//", as the
 * compiler writes it, and machine code if it is an ELF file; anything else is damaged. With FAKE_CUDA_OLD, functions that the library needs are
 * missing.
 */
#define _GNU_SOURCE
#include "fake_cuda.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum {
  INVALID_VALUE = 1,
  OUT_OF_MEMORY = 2,
  INVALID_IMAGE = 200,
  INVALID_CONTEXT = 201,
  INVALID_PTX = 218,
  INVALID_HANDLE = 400,
  NOT_FOUND = 500,
  FAILED = 719
};
enum { MAX_DEVICES = 4, MAX_RANGES = 256 };

struct context {
  int device;
};
struct module {
  int device, is_ptx, alive;
  char *text;
  struct module *next;
};
struct function {
  struct function *next;
  struct module *module;
  char name[96];
  int shared_limit;
};

fake_cuda fake_cuda_state;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static struct context contexts[MAX_DEVICES];
static __thread struct context *stack[16];
static __thread int depth;
static struct {
  uint64_t begin, end;
  int device;
} ranges[MAX_RANGES];
static int num_ranges;
static __thread int capture_mode;

/* Everything that was made stays reachable: nobody shall be blamed for what a driver keeps. */
static struct module *all_modules;
static struct function *all_functions;
static struct block {
  void *memory;
  struct block *next;
} *all_blocks;

#define KEEP(list, made)                                                                                                                             \
  do {                                                                                                                                               \
    pthread_mutex_lock(&mutex);                                                                                                                      \
    (made)->next = list;                                                                                                                             \
    list = (made);                                                                                                                                   \
    pthread_mutex_unlock(&mutex);                                                                                                                    \
  } while (0)

void fake_cuda_reset(void) {
  memset(&fake_cuda_state, 0, sizeof fake_cuda_state);
  fake_cuda_state.devices = 1;
  fake_cuda_state.capability = fake_cuda_state.other_capability = 80;
  fake_cuda_state.multiprocessors = 10;
  num_ranges = 0;
  for (int device = 0; device < MAX_DEVICES; ++device)
    contexts[device].device = device;
}

void fake_cuda_set_capability(int capability) { fake_cuda_state.capability = capability; }

/* Says that memory lies on a device. */
void fake_cuda_own(const void *memory, int64_t bytes, int device) {
  pthread_mutex_lock(&mutex);
  if (num_ranges == MAX_RANGES)
    abort();
  ranges[num_ranges].begin = (uint64_t)(uintptr_t)memory;
  ranges[num_ranges].end = ranges[num_ranges].begin + (uint64_t)bytes;
  ranges[num_ranges++].device = device;
  pthread_mutex_unlock(&mutex);
}

/* How many contexts are current for the calling thread, one over the other. */
int fake_cuda_depth(void) { return depth; }

/* What the calling thread's mode of stream capture is. */
int fake_cuda_mode(void) { return capture_mode; }

#define COUNT(field) __atomic_add_fetch(&fake_cuda_state.field, 1, __ATOMIC_SEQ_CST)

int cuInit(unsigned flags) {
  if (!fake_cuda_state.devices && !fake_cuda_state.capability)
    fake_cuda_reset();
  return flags ? INVALID_VALUE : fake_cuda_state.init_result;
}

int cuGetErrorString(int result, const char **text) {
  *text = result == INVALID_IMAGE ? "device kernel image is invalid"
          : result == INVALID_PTX ? "a PTX JIT compilation failed"
          : result == 100         ? "no CUDA-capable device is detected"
                                  : "made up";
  return 0;
}

int cuDeviceGetCount(int *count) {
  *count = fake_cuda_state.devices;
  return 0;
}

int cuDeviceGet(int *device, int ordinal) {
  *device = 100 + ordinal;
  return ordinal >= 0 && ordinal < fake_cuda_state.devices ? 0 : INVALID_VALUE;
}

int cuDeviceGetAttribute(int *value, int attribute, int device) {
  int capability = device == 100 ? fake_cuda_state.capability : fake_cuda_state.other_capability;
  *value = attribute == 16 ? fake_cuda_state.multiprocessors : attribute == 75 ? capability / 10 : attribute == 76 ? capability % 10 : -1;
  return *value < 0 ? INVALID_VALUE : 0;
}

int cuDevicePrimaryCtxRetain(void **context, int device) {
  COUNT(contexts_retained);
  *context = &contexts[device - 100];
  return 0;
}

int cuCtxPushCurrent_v2(void *context) {
  COUNT(pushed);
  if (!context || depth == 16)
    return INVALID_CONTEXT;
  stack[depth++] = (struct context *)context;
  return 0;
}

#ifndef FAKE_CUDA_OLD
int cuCtxPopCurrent_v2(void **context) {
  COUNT(popped);
  if (!depth)
    return INVALID_CONTEXT;
  *context = stack[--depth];
  return 0;
}
#endif

int cuCtxSynchronize(void) {
  COUNT(synchronized);
  return depth ? 0 : INVALID_CONTEXT;
}

int cuThreadExchangeStreamCaptureMode(int *mode) {
  int old = capture_mode;
  capture_mode = *mode;
  *mode = old;
  return 0;
}

int cuStreamIsCapturing(void *stream, int *state) {
  *state = fake_cuda_state.capturing;
  return stream == (void *)13 ? INVALID_HANDLE : 0;
}

int cuModuleLoadDataEx(void **module, const void *image, unsigned count, int *options, void **values) {
  int is_ptx = !memcmp(image, "//", 2), is_cubin = !memcmp(image, "\177ELF", 4);
  if (!depth)
    return INVALID_CONTEXT;
  if (is_ptx)
    COUNT(ptx_tried);
  else
    COUNT(cubins_tried);
  if ((!is_ptx && !is_cubin) || (is_cubin && fake_cuda_state.refuse_cubin))
    return INVALID_IMAGE;
  if (is_ptx && fake_cuda_state.refuse_ptx) {
    for (unsigned option = 0; option < count; ++option)
      if (options[option] == 5)
        strcpy((char *)values[option], "ptxas fatal: made up\nmore");
    return INVALID_PTX;
  }
  struct module *made = (struct module *)calloc(1, sizeof *made);
  made->device = stack[depth - 1]->device;
  made->is_ptx = is_ptx;
  made->alive = 1;
  made->text = is_ptx ? strdup((const char *)image) : NULL;
  KEEP(all_modules, made);
  COUNT(modules_loaded);
  *module = made;
  return 0;
}

int cuModuleUnload(void *module) {
  struct module *unloaded = (struct module *)module;
  COUNT(modules_unloaded);
  if (!depth || !unloaded->alive)
    return INVALID_HANDLE;
  unloaded->alive = 0;
  return 0;
}

int cuModuleGetFunction(void **function, void *module, const char *name) {
  struct module *from = (struct module *)module;
  char entry[128] = ".entry ";
  strncat(entry, name, 95);
  strcat(entry, "(");
  if (fake_cuda_state.refuse_function || (fake_cuda_state.refuse_function_of_cubin && !from->is_ptx) || (from->text && !strstr(from->text, entry)))
    return NOT_FOUND;
  struct function *made = (struct function *)calloc(1, sizeof *made);
  made->module = from;
  KEEP(all_functions, made);
  made->shared_limit = 48 * 1024;
  strncpy(made->name, name, sizeof made->name - 1);
  *function = made;
  return 0;
}

int cuFuncSetAttribute(void *function, int attribute, int value) {
  COUNT(attributes_set);
  if (attribute != 8 || value > 227 * 1024)
    return INVALID_VALUE;
  ((struct function *)function)->shared_limit = value;
  return 0;
}

int cuPointerGetAttributes(unsigned count, int *attributes, void **values, uint64_t pointer) {
  int device = -1;
  pthread_mutex_lock(&mutex);
  for (int range = 0; range < num_ranges; ++range)
    if (pointer >= ranges[range].begin && pointer < ranges[range].end)
      device = ranges[range].device;
  pthread_mutex_unlock(&mutex);
  for (unsigned index = 0; index < count; ++index)
    *(int *)values[index] = attributes[index] == 2 ? (device >= 0 ? 2 : 0) : attributes[index] == 9 ? device : 0;
  return depth ? 0 : INVALID_CONTEXT;
}

int cuLaunchKernel(void *handle, unsigned gx, unsigned gy, unsigned gz, unsigned bx, unsigned by, unsigned bz, unsigned shared, void *stream,
                   void **parameters, void **extra) {
  struct function *function = (struct function *)handle;
  int next = 2;
  if (fake_cuda_state.refuse_launch)
    return FAILED;
  if (!depth || extra || !gx || (int)shared > function->shared_limit || !function->module->alive)
    return INVALID_VALUE;
  int number = COUNT(launches) - 1;
  fake_launch *launch = &fake_cuda_state.launch[number % FAKE_MAX_LAUNCHES];
  memset(launch, 0, sizeof *launch);
  memcpy(launch->function, function->name, sizeof launch->function);
  launch->device = function->module->device;
  launch->is_ptx = function->module->is_ptx;
  launch->in_context = stack[depth - 1]->device == launch->device;
  launch->grid[0] = gx, launch->grid[1] = gy, launch->grid[2] = gz;
  launch->block[0] = bx, launch->block[1] = by, launch->block[2] = bz;
  launch->shared = shared;
  launch->stream = stream;
  memcpy(launch->words, parameters[0], (size_t)fake_cuda_state.argument_words * 8);
  memcpy(&launch->workspace, parameters[1], 8);
  if (strstr(launch->function, "persistent"))
    memcpy(&launch->tasks, parameters[next++], 4);
  if (strstr(launch->function, "maps"))
    for (int map = 0; map < 2; ++map) {
      if ((uintptr_t)parameters[next] % 64)
        return INVALID_VALUE;
      memcpy(launch->maps[map], parameters[next++], 128);
    }
  return 0;
}

#ifndef FAKE_CUDA_OLD
/* As cuda.h has them. */
typedef struct CUlaunchAttribute {
  int id;
  char pad[4];
  union {
    char pad[64];
    int programmaticStreamSerializationAllowed;
  } value;
} CUlaunchAttribute;

typedef struct CUlaunchConfig {
  unsigned gridDimX, gridDimY, gridDimZ, blockDimX, blockDimY, blockDimZ, sharedMemBytes;
  void *hStream;
  CUlaunchAttribute *attrs;
  unsigned numAttrs;
} CUlaunchConfig;

int cuLaunchKernelEx(const CUlaunchConfig *config, void *handle, void **parameters, void **extra) {
  int result = cuLaunchKernel(handle, config->gridDimX, config->gridDimY, config->gridDimZ, config->blockDimX, config->blockDimY, config->blockDimZ,
                              config->sharedMemBytes, config->hStream, parameters, extra);
  if (result)
    return result;
  if (config->numAttrs != 1 || config->attrs->value.programmaticStreamSerializationAllowed != 1)
    return INVALID_VALUE;
  fake_cuda_state.launch[(fake_cuda_state.launches - 1) % FAKE_MAX_LAUNCHES].attribute = config->attrs->id;
  return 0;
}
#endif

int cuMemAlloc_v2(uint64_t *address, size_t bytes) {
  void *memory;
  COUNT(allocated);
  if (!depth)
    return INVALID_CONTEXT;
  /* A thread that is not relaxed would end the capture. */
  if (fake_cuda_state.capturing)
    COUNT(allocated_in_capture);
  if (fake_cuda_state.refuse_memory || posix_memalign(&memory, 256, bytes))
    return OUT_OF_MEMORY;
  struct block *block = (struct block *)malloc(sizeof *block);
  block->memory = memory;
  KEEP(all_blocks, block);
  memset(memory, 0x5a, bytes);
  fake_cuda_own(memory, (int64_t)bytes, stack[depth - 1]->device);
  *address = (uint64_t)(uintptr_t)memory;
  return 0;
}

int cuMemFree_v2(uint64_t address) {
  COUNT(released);
  pthread_mutex_lock(&mutex);
  for (struct block *block = all_blocks; block; block = block->next)
    if (block->memory == (void *)(uintptr_t)address)
      block->memory = NULL;
  pthread_mutex_unlock(&mutex);
  free((void *)(uintptr_t)address);
  return depth ? 0 : INVALID_CONTEXT;
}

int cuMemsetD8Async(uint64_t address, unsigned char value, size_t bytes, void *stream) {
  (void)stream;
  COUNT(filled);
  memset((void *)(uintptr_t)address, value, bytes);
  return 0;
}

int cuMemcpyHtoD_v2(uint64_t to, const void *from, size_t bytes) {
  memcpy((void *)(uintptr_t)to, from, bytes);
  return depth ? 0 : INVALID_CONTEXT;
}

int cuMemcpyDtoH_v2(void *to, uint64_t from, size_t bytes) {
  memcpy(to, (void *)(uintptr_t)from, bytes);
  return depth ? 0 : INVALID_CONTEXT;
}

int cuTensorMapEncodeTiled(void *map, int type, uint32_t rank, void *address, const uint64_t *sizes, const uint64_t *strides, const uint32_t *box,
                           const uint32_t *element_strides, int interleave, int swizzle, int promotion, int fill) {
  fake_map made;
  if (fake_cuda_state.refuse_maps || (uintptr_t)map % 64 || (uintptr_t)address % 16 || rank < 3 || rank > 5)
    return INVALID_VALUE;
  memset(&made, 0, sizeof made);
  made.address = (uint64_t)(uintptr_t)address;
  made.type = (uint8_t)type, made.rank = (uint8_t)rank, made.interleave = (uint8_t)interleave;
  made.swizzle = (uint8_t)swizzle, made.promotion = (uint8_t)promotion, made.fill = (uint8_t)fill;
  for (uint32_t d = 0; d < rank; ++d) {
    made.sizes[d] = sizes[d];
    made.box[d] = (uint16_t)box[d];
    if (!sizes[d] || !box[d] || box[d] > 256 || element_strides[d] != 1 || (d && (strides[d - 1] % 16 || strides[d - 1] >= (uint64_t)1 << 40)))
      return INVALID_VALUE;
    if (d)
      made.strides[d - 1] = strides[d - 1];
  }
  memset(map, 0, 128);
  memcpy(map, &made, sizeof made);
  return 0;
}

/* ---- for tests that are not written in C ---- */

void fake_cuda_configure(int devices, int capability, int capturing) {
  fake_cuda_state.devices = devices;
  fake_cuda_state.capability = fake_cuda_state.other_capability = capability;
  fake_cuda_state.capturing = capturing;
}

int fake_cuda_launches(void) { return fake_cuda_state.launches; }

int fake_cuda_allocated(void) { return fake_cuda_state.allocated; }

const char *fake_cuda_function(int launch) { return fake_cuda_state.launch[launch].function; }

int fake_cuda_device(int launch) { return fake_cuda_state.launch[launch].device; }

void *fake_cuda_stream(int launch) { return fake_cuda_state.launch[launch].stream; }

void *fake_cuda_workspace(int launch) { return fake_cuda_state.launch[launch].workspace; }
