/* Stands in for nvJitLink: "machine code" that says what was asked for, or an error. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct handle {
  char code[256];
} handle;

int nvJitLinkCreate(handle **made, uint32_t count, const char **options) {
  *made = calloc(1, sizeof(handle));
  for (uint32_t n = 0; n < count; ++n) {
    strcat((*made)->code, options[n]);
    strcat((*made)->code, " ");
  }
  return 0;
}

int nvJitLinkDestroy(handle **made) {
  free(*made);
  return 0;
}

int nvJitLinkAddData(handle *made, int type, const void *data, size_t size, const char *name) {
  const char *text = data;
  /* PTX is passed with the zero at its end. */
  if (type != 2 || !name || text[size - 1] || strlen(text) != size - 1 || !strstr(text, ".visible .entry"))
    return 3;
  strcat(made->code, "of PTX");
  return 0;
}

int nvJitLinkComplete(handle *made) { return getenv("NVJITLINK_FAILS") ? 4 : 0; }

int nvJitLinkGetLinkedCubinSize(handle *made, size_t *size) {
  *size = strlen(made->code);
  return 0;
}

int nvJitLinkGetLinkedCubin(handle *made, void *cubin) {
  memcpy(cubin, made->code, strlen(made->code));
  return 0;
}

int nvJitLinkGetErrorLogSize(handle *made, size_t *size) {
  *size = sizeof "line 7 is wrong";
  return 0;
}

int nvJitLinkGetErrorLog(handle *made, char *log) {
  strcpy(log, "line 7 is wrong");
  return 0;
}

int nvJitLinkGetInfoLogSize(handle *made, size_t *size) {
  *size = 0;
  return 0;
}

int nvJitLinkGetInfoLog(handle *made, char *log) { return 1; }
