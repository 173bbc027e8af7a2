/* BundleGpu.c: the host's part of a family of GPU kernels that is the same for all of them.
 *
 * Compiled like BundleSupport.c. The compiler defines `attn_bundle_gpu` and puts the bundle's name in place of attn_bundle.
 */
#include "runtime/attn_check.h"
#include "runtime/attn_gpu_abi.h"

extern const attn_gpu_family attn_bundle_gpu;

/* Elements of integer tensors lie on the device: they are not looked at. */
__attribute__((cold)) int attn_bundle_check(const void *args, char *message, int64_t capacity) {
  return attn_check_views(&attn_bundle_gpu.kernel, args, message, capacity);
}

void attn_bundle_plan(const void *args, attn_plan *plan) { attn_bundle_gpu.kernel.plan(args, plan); }
