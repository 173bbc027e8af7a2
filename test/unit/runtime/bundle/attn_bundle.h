/* attn_bundle.h: the header of the bundle that the unit tests make of fake_gpu.c by renaming attn_bundle. */
#include "runtime/attn_gpu_abi.h"

typedef void attn_bundle_args;

extern const attn_gpu_family attn_bundle_gpu;
int attn_bundle_check(const attn_bundle_args *args, char *message, int64_t capacity);
int attn_bundle_prepare(int device, char *message, int64_t capacity);
int attn_bundle_workspace_bytes(const attn_bundle_args *args, int device, int64_t *bytes, char *message, int64_t capacity);
int attn_bundle_launch(const attn_bundle_args *args, int device, void *stream, void *workspace, int64_t workspace_bytes, char *message,
                       int64_t capacity);
void attn_bundle_unload(void);
