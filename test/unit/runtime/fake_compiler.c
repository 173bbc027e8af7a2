/* fake_compiler.c: stands in for libattn in the tests of attn_compile.
 *
 * Whatever the text says, the kernel is the shared object that ATTN_FAKE_KERNEL names; a text that begins with "error:" is
 * refused with the rest as the message. ATTN_FAKE_TARGET tells the target afterwards. Each call appends a byte to the file
 * ATTN_FAKE_LOG, so that tests can count compilations across processes.
 */
#include "runtime/attn_compiler.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void count_call(void) {
  const char *path = getenv("ATTN_FAKE_LOG");
  int log = path ? open(path, O_WRONLY | O_CREAT | O_APPEND, 0600) : -1;
  if (log >= 0) {
    if (write(log, "x", 1) != 1)
      abort();
    close(log);
  }
}

static void *read_image(const char *path, size_t *size) {
  FILE *file = fopen(path, "rb");
  if (!file)
    return NULL;
  fseek(file, 0, SEEK_END);
  *size = (size_t)ftell(file);
  rewind(file);
  void *image = malloc(*size);
  if (fread(image, 1, *size, file) != *size)
    abort();
  fclose(file);
  return image;
}

static void close_kernel(void *handle) { dlclose(handle); }

int attnc_compile(const char *text, size_t length, const char *entry, const char *target, attnc_result *result) {
  const char *path = getenv("ATTN_FAKE_KERNEL");
  setenv("ATTN_FAKE_TARGET", target, 1);
  count_call();
  if (length >= 6 && !strncmp(text, "error:", 6)) {
    result->error = strndup(text + 6, length - 6);
    return 1;
  }
  result->handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (!result->handle) {
    result->error = strdup(dlerror());
    return 1;
  }
  char symbol[128];
  snprintf(symbol, sizeof symbol, "%s_kernel", entry ? entry : "fake");
  result->kernel = (const attn_kernel *)dlsym(result->handle, symbol);
  result->release = close_kernel;
  result->image = read_image(path, &result->image_size);
  return 0;
}

void attnc_free_result(attnc_result *result) {
  free((void *)result->image);
  free(result->error);
}

const char *attnc_version(void) { return "fake"; }

int attnc_interface_version(void) { return ATTNC_INTERFACE_VERSION; }
