/* The C launcher of a bundle: opens the CUDA driver when first needed, loads the kernels once on each device, checks, plans, launches.
 *
 * attn-compile writes it as NAME.c, with the bundle's name in place of attn_bundle and the text of attn_gpu_launch.h in place of its include.
 */
#include "runtime/attn_gpu_launch.h"

/* The launcher's functions, and those of the object file: kernels, plan and the check of arguments. */
#include "attn_bundle.h"

#include <pthread.h>

#define MAX_DEVICES 64

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static attn_gpu_driver driver;
static attn_gpu_module modules[MAX_DEVICES];
static int is_open, is_loaded[MAX_DEVICES];

static attn_gpu_error make_error(char *message, int64_t capacity) {
  attn_gpu_error error;
  error.text = message;
  error.capacity = message && capacity > 0 ? (size_t)capacity : 0;
  return error;
}

static int prepare(int device, const attn_gpu_error *error) {
  int status = ATTN_GPU_OK;
  if (device < 0 || device >= MAX_DEVICES)
    return attn_gpu_fail(error, ATTN_GPU_NO_DEVICE, "expected a GPU from 0 to %d, but got %d", MAX_DEVICES - 1, device);
  pthread_mutex_lock(&mutex);
  if (!is_open) {
    status = attn_gpu_open(&driver, error);
    is_open = !status;
  }
  if (!status && !is_loaded[device]) {
    status = attn_gpu_load(&driver, &attn_bundle_gpu, device, &modules[device], error);
    is_loaded[device] = !status;
  }
  pthread_mutex_unlock(&mutex);
  return status;
}

static int plan(const attn_bundle_args *args, int device, attn_plan *plan, const attn_gpu_error *error) {
  int status = prepare(device, error);
  if (status)
    return status;
  if (attn_bundle_check(args, error->text, (int64_t)error->capacity))
    return ATTN_GPU_INVALID_ARGUMENT;
  attn_gpu_plan(&modules[device], args, plan);
  return ATTN_GPU_OK;
}

int attn_bundle_prepare(int device, char *message, int64_t capacity) {
  attn_gpu_error error = make_error(message, capacity);
  return prepare(device, &error);
}

int attn_bundle_workspace_bytes(const attn_bundle_args *args, int device, int64_t *bytes, char *message, int64_t capacity) {
  attn_gpu_error error = make_error(message, capacity);
  attn_plan planned;
  int status = plan(args, device, &planned, &error);
  *bytes = status ? 0 : planned.workspace_bytes;
  return status;
}

int attn_bundle_launch(const attn_bundle_args *args, int device, void *stream, void *workspace, int64_t workspace_bytes, char *message,
                       int64_t capacity) {
  attn_gpu_error error = make_error(message, capacity);
  attn_plan planned;
  int status = plan(args, device, &planned, &error);
  return status ? status : attn_gpu_launch(&driver, &modules[device], args, &planned, stream, workspace, workspace_bytes, &error);
}

void attn_bundle_unload(void) {
  int device;
  void *popped;
  pthread_mutex_lock(&mutex);
  for (device = 0; device < MAX_DEVICES; ++device) {
    if (is_loaded[device] && !driver.context_push(modules[device].context)) {
      driver.module_unload(modules[device].module);
      driver.context_pop(&popped);
    }
    is_loaded[device] = 0;
  }
  pthread_mutex_unlock(&mutex);
}
